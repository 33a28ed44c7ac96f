#include "cuda/emulated.h"

#include "backend/cuda/device/device.h"
#include "backend/cuda/device/stream.h"
#include "backend/cuda/ops/patterns.h"
#include "cuda/fake_runtime.h"

namespace residual::support {
namespace {

class Streamed final : public Kernel {
 public:
  Streamed(std::unique_ptr<const Kernel> kernel, Stream& stream) : kernel_(std::move(kernel)), stream_(stream) {}
  std::unique_ptr<KernelState> make_state() const override { return kernel_->make_state(); }
  KernelStatus run(const KernelArgs& args) const noexcept override {
    KernelArgs here = args;
    if (here.stream == nullptr) here.stream = &stream_;
    return kernel_->run(here);
  }

 private:
  std::unique_ptr<const Kernel> kernel_;
  Stream& stream_;
};

Implementation streamed(Implementation implementation, Stream& stream) {
  implementation.build = [build = implementation.build, &stream] { return std::make_unique<const Streamed>(build(), stream); };
  return implementation;
}

class StreamedPattern final : public Pattern {
 public:
  StreamedPattern(std::unique_ptr<Pattern> pattern, Stream& stream) : pattern_(std::move(pattern)), stream_(stream) {}
  std::string_view name() const override { return pattern_->name(); }
  std::vector<Match> match(const GraphView& view, NodeId last) const override { return pattern_->match(view, last); }
  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    std::vector<Implementation> result;
    for (Implementation& one : pattern_->implementations(graph, match, inputs))
      result.push_back(streamed(std::move(one), stream_));
    return result;
  }

 private:
  std::unique_ptr<Pattern> pattern_;
  Stream& stream_;
};

class StreamedPacker final : public Packer {
 public:
  StreamedPacker(std::unique_ptr<Packer> packer, Stream& stream) : packer_(std::move(packer)), stream_(stream) {}
  std::optional<Implementation> pack(const TensorType& type, const Layout& from, const Layout& to) const override {
    std::optional<Implementation> found = packer_->pack(type, from, to);
    if (found) found = streamed(std::move(*found), stream_);
    return found;
  }

 private:
  std::unique_ptr<Packer> packer_;
  Stream& stream_;
};

class EmulatedBackend final : public Backend {
 public:
  EmulatedBackend() {
    for (auto& pattern : cuda::kernel_patterns())
      patterns_.push_back(std::make_unique<StreamedPattern>(std::move(pattern), *stream_));
    packers_.push_back(std::make_unique<StreamedPacker>(cuda::channels_last_packer(), *stream_));
  }
  std::string_view name() const override { return "emulated"; }
  std::string description() const override { return "our kernels for CUDA on the processor"; }
  std::string identity() const override { return "emulated 1"; }
  const std::shared_ptr<const Device>& device() const override { return device_; }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::span<const std::unique_ptr<Packer>> packers() const override { return packers_; }

 private:
  std::shared_ptr<const Device> device_ =
      std::make_shared<cuda::CudaDevice>(cuda::discover(fake::api()).devices.at(0), fake::api());
  std::unique_ptr<Stream> stream_ = device_->make_stream();
  std::vector<std::unique_ptr<Pattern>> patterns_;
  std::vector<std::unique_ptr<Packer>> packers_;
};

}  // namespace

std::shared_ptr<const Backend> emulated_backend() {
  return std::make_shared<EmulatedBackend>();
}

}  // namespace residual::support
