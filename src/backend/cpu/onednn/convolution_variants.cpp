#include "backend/cpu/onednn/convolution_variants.h"

#include <algorithm>

#include "backend/cpu/onednn/primitive.h"
#include "backend/cpu/processor.h"

namespace residual::cpu::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using Tag = memory::format_tag;

struct Seen {
  Tag tag;
  Layout layout;
};

Seen blocked() {
  return {processor().block == 16 ? Tag::nChw16c : Tag::nChw8c, Layout::blocked(processor().block)};
}

// Channels-last, which is the same as blocked when all channels fit one block.
Seen channels_last(int64_t channels) {
  return {Tag::nhwc, channels == processor().block ? Layout::blocked(channels) : Layout::channels_last()};
}

// The first convolution's 1 or 3 input channels: too few for a block, so oneDNN reads them plain.
constexpr int64_t kMostColours = 3;

}  // namespace

ConvDims::ConvDims(const ConvGeometry& geometry)
    : src(dims_of(geometry.src)),
      weights(dims_of(geometry.weight)),
      dst(dims_of(geometry.dst)),
      stride{geometry.conv.stride.height, geometry.conv.stride.width},
      dilation{geometry.conv.dilation.height - 1, geometry.conv.dilation.width - 1},
      padding{geometry.conv.padding.height, geometry.conv.padding.width} {
  const int64_t groups = geometry.conv.groups;
  if (groups > 1) weights = {groups, weights[0] / groups, weights[1], weights[2], weights[3]};
}

memory::desc ConvVariant::src(const ConvDims& dims) const {
  return {dims.src, memory::data_type::f32, src_tag};
}

memory::desc ConvVariant::dst(const ConvDims& dims) const {
  return {dims.dst, memory::data_type::f32, dst_tag};
}

std::string ConvVariant::label(const std::string& primitive_name) const {
  const bool by_other_name = src_tag == Tag::nhwc && src_layout.kind == Layout::Kind::kBlocked;
  return fmt::format("{} {}{} {}>{}", primitive_name, algorithm == algorithm::convolution_winograd ? "winograd" : "direct",
                     by_other_name ? " as nhwc" : "", to_string(src_layout), to_string(dst_layout));
}

std::vector<ConvVariant> conv_variants(const ConvGeometry& geometry, ConvDirection direction) {
  const int64_t block = processor().block, inputs = geometry.src_channels(), outputs = geometry.dst_channels();
  const bool grouped = geometry.is_grouped();
  const bool blocks = inputs % block == 0 && outputs % block == 0;
  std::vector<ConvVariant> variants;
  const auto add = [&](algorithm algorithm, const Seen& src, const Seen& dst) {
    variants.push_back({algorithm, src.tag, dst.tag, src.layout, dst.layout});
  };
  if (blocks) add(algorithm::convolution_direct, blocked(), blocked());
  if (blocks && inputs == block && outputs == block && !grouped) {
    // AVX-512, 16 channels at 32x32: channels-last kernels are 6 % (forward) and 12 % (backward-weights) faster than blocked
    // ones.
    const auto position = direction == ConvDirection::kBackwardData ? variants.end() : variants.begin();
    const Seen last = channels_last(block);
    variants.insert(position, {algorithm::convolution_direct, last.tag, last.tag, last.layout, last.layout});
  }
  if (blocks && processor().isa == Isa::kAvx512 && geometry.suits_winograd() && std::min(inputs, outputs) >= 32) {
    const ConvVariant winograd{algorithm::convolution_winograd, blocked().tag, blocked().tag, blocked().layout, blocked().layout};
    // Measured on Zen 5 in place of direct's 200-240 GFLOP/s a core: 300-360 at 32 channels, 440-500 at 64, 630 at 256;
    // backward-weights 190, 300, 500; 115 at 16 channels, where it is not tried.
    const bool pays = direction != ConvDirection::kBackwardWeights || std::min(inputs, outputs) >= 64;
    variants.insert(pays ? variants.begin() : variants.end(), winograd);
  }
  const Seen plain{Tag::nchw, Layout::plain()};
  const bool colours =
      !blocks && !grouped && inputs <= kMostColours && outputs % block == 0 && direction != ConvDirection::kBackwardData;
  if (colours) add(algorithm::convolution_direct, plain, blocked());
  if (!blocks) {
    add(algorithm::convolution_direct, channels_last(inputs), channels_last(outputs));
    variants.back().last_resort = colours;
  } else if (grouped) {  // a group may hold less than a block
    add(algorithm::convolution_direct, Seen{Tag::nhwc, Layout::channels_last()}, Seen{Tag::nhwc, Layout::channels_last()});
  }
  // Unfolding and a matrix product. oneDNN's blocked kernels for AVX2 decline images smaller than the window.
  add(algorithm::convolution_direct, plain, plain);
  variants.back().last_resort = colours || (blocks && !grouped);
  return variants;
}

bool worth_timing(const std::string& primitive_name, const ConvVariant& variant, const ConvGeometry& geometry) {
  const auto says = [&](const char* word) { return primitive_name.find(word) != std::string::npos; };
  if (is_reference(primitive_name)) return false;
  if (says("gemm")) return variant.src_tag == Tag::nchw;
  const Isa isa = processor().isa;
  // oneDNN 2.6's 1x1 kernels for AVX2 race on strided channels-last images whose channels do not fill blocks.
  const bool strided = geometry.conv.stride != Size2{1, 1};
  if (says("jit_1x1") && isa < Isa::kAvx512 && variant.src_tag == Tag::nhwc && strided &&
      geometry.src_channels() % processor().block != 0)
    return false;
  return !(says("sse41") && isa > Isa::kSse4) && !(says("avx2") && isa > Isa::kAvx2) &&
         !(says(":avx") && !says("avx2") && !says("avx512"));
}

}  // namespace residual::cpu::onednn
