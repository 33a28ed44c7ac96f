#include "backend/reference/reorder.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

/// The offset of an element as a sum of strides; channels are split into c / block and c % block (block 1 in layouts without
/// blocks).
struct Strides {
  int64_t n, c_block, c_inside, h, w, block;
  int64_t at(int64_t in_n, int64_t in_c, int64_t in_h, int64_t in_w) const noexcept {
    return in_n * n + in_c / block * c_block + in_c % block * c_inside + in_h * h + in_w * w;
  }
};

Strides strides_of(const Shape& shape, const Layout& layout) {
  const int64_t channels = shape[1], height = shape[2], width = shape[3], area = height * width;
  switch (layout.kind) {
    case Layout::Kind::kChannelsLast: return {area * channels, 1, 0, width * channels, channels, 1};
    case Layout::Kind::kBlocked: {
      const int64_t b = layout.block, blocks = (channels + b - 1) / b;
      return {blocks * area * b, area * b, 1, width * b, b, b};
    }
    default: return {channels * area, area, 0, width, 1, 1};
  }
}

/// Word: an unsigned integer of the element's size; reordering copies bits, whatever the element type.
template <typename Word>
class ReorderKernel final : public Kernel {
 public:
  ReorderKernel(const Shape& shape, const Layout& from, const Layout& to)
      : shape_(shape), from_(strides_of(shape, from)), to_(strides_of(shape, to)) {
    padded_channels_ = (shape[1] + to_.block - 1) / to_.block * to_.block;
  }

  KernelStatus run(const KernelArgs& args) const noexcept override {
    const Word* src = reinterpret_cast<const Word*>(args.inputs[0]);
    Word* dst = reinterpret_cast<Word*>(args.outputs[0]);
    for_each_pair(shape_[0], padded_channels_, [&](int64_t n, int64_t c) {
      for (int64_t h = 0; h < shape_[2]; ++h) {
        for (int64_t w = 0; w < shape_[3]; ++w) dst[to_.at(n, c, h, w)] = c < shape_[1] ? src[from_.at(n, c, h, w)] : Word{0};
      }
    });
    return {};
  }

 private:
  Shape shape_;
  Strides from_, to_;
  int64_t padded_channels_;
};

std::unique_ptr<const Kernel> reorder_kernel(const TensorType& type, const Layout& from, const Layout& to) {
  switch (size_of(type.dtype)) {
    case 1: return std::make_unique<ReorderKernel<uint8_t>>(type.shape, from, to);
    case 2: return std::make_unique<ReorderKernel<uint16_t>>(type.shape, from, to);
    case 4: return std::make_unique<ReorderKernel<uint32_t>>(type.shape, from, to);
    default: return std::make_unique<ReorderKernel<uint64_t>>(type.shape, from, to);
  }
}

bool known(const TensorType& type, const Layout& layout) {
  if (layout.kind == Layout::Kind::kPlain) return true;
  if (layout.kind == Layout::Kind::kOpaque || type.shape.rank() != 4) return false;
  return layout.kind != Layout::Kind::kBlocked || layout.block > 0;
}

class LoopPacker final : public Packer {
 public:
  std::optional<Implementation> pack(const TensorType& type, const Layout& from, const Layout& to) const override {
    if (from == to || !known(type, from) || !known(type, to)) return std::nullopt;
    Implementation implementation{.label = "plain loops", .inputs = {from}, .outputs = {to}};
    implementation.build = [type, from, to] { return reorder_kernel(type, from, to); };
    return implementation;
  }
};

}  // namespace

std::unique_ptr<Packer> loop_packer() {
  return std::make_unique<LoopPacker>();
}

}  // namespace residual::reference
