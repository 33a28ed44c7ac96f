#include "backend/cpu/onednn/primitive.h"

#include <cstring>

#include "core/threads/threads.h"

namespace residual::cpu::onednn {
namespace {

constexpr int64_t kCopyGrain = 1 << 16;  // bytes

void copy(const std::byte* src, std::byte* dst, size_t bytes) noexcept {
  parallel_for(
      static_cast<int64_t>(bytes),
      [&](int64_t begin, int64_t end) { std::memcpy(dst + begin, src + begin, static_cast<size_t>(end - begin)); }, kCopyGrain);
}

// Memory objects and a stream of one session.
class PrimitiveState final : public KernelState {
 public:
  explicit PrimitiveState(const std::vector<Argument>& arguments) : stream_(engine()), addresses_(arguments.size(), nullptr) {
    for (const Argument& argument : arguments) {
      memory_.emplace_back(argument.descriptor, engine(), nullptr);
      arguments_.push_back({argument.dnnl, memory_.back().get()});
    }
  }

  // Points the memory objects at the addresses of this run.
  dnnl_status_t bind(const std::vector<Argument>& arguments, const KernelArgs& args) noexcept {
    for (size_t i = 0; i < arguments.size(); ++i) {
      const Argument& argument = arguments[i];
      const void* address = argument.from == Argument::From::kInput    ? args.inputs[argument.index]
                            : argument.from == Argument::From::kOutput ? args.outputs[argument.index]
                                                                       : args.scratch;
      if (address == addresses_[i]) continue;
      const dnnl_status_t status = dnnl_memory_set_data_handle(arguments_[i].memory, const_cast<void*>(address));
      if (status != dnnl_success) return status;
      addresses_[i] = address;
    }
    return dnnl_success;
  }

  dnnl_status_t execute(const dnnl::primitive& primitive) noexcept {
    return dnnl_primitive_execute(primitive.get(), stream_.get(), static_cast<int>(arguments_.size()), arguments_.data());
  }

 private:
  dnnl::stream stream_;
  std::vector<dnnl::memory> memory_;
  std::vector<const void*> addresses_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

KernelStatus status_of(dnnl_status_t status) noexcept {
  if (status == dnnl_success) return {};
  return {status == dnnl_out_of_memory ? KernelStatus::Kind::kOutOfMemory : KernelStatus::Kind::kFailed, status, "oneDNN"};
}

}  // namespace

PrimitiveKernel::PrimitiveKernel(dnnl::primitive primitive, std::vector<Argument> arguments, std::optional<SummedInput> sum)
    : primitive_(std::move(primitive)), arguments_(std::move(arguments)), sum_(sum) {}

std::unique_ptr<KernelState> PrimitiveKernel::make_state() const {
  return std::make_unique<PrimitiveState>(arguments_);
}

KernelStatus PrimitiveKernel::run(const KernelArgs& args) const noexcept {
  if (sum_ && args.inputs[sum_->input] != args.outputs[0]) copy(args.inputs[sum_->input], args.outputs[0], sum_->bytes);
  auto& state = static_cast<PrimitiveState&>(*args.state);
  dnnl_status_t status = state.bind(arguments_, args);
  if (status == dnnl_success) status = state.execute(primitive_);
  return status_of(status);
}

void decline(const dnnl::error& error) {
  if (error.status == dnnl_unimplemented || error.status == dnnl_invalid_arguments) return;
  fail(ErrorKind::kResource, "oneDNN cannot make a kernel, status {} ({}): the system refuses it memory, or executable memory",
       static_cast<int>(error.status), error.what());
}

dnnl::primitive_attr caller_scratch() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

bool is_reference(const std::string& primitive_name) {
  return primitive_name.find("ref") != std::string::npos;
}

}  // namespace residual::cpu::onednn
