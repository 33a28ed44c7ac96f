// What the three directions of a convolution share: its geometry, and the layouts and algorithms worth trying.
#pragma once

#include "backend/cpu/onednn/memory.h"
#include "ops/layers/conv2d.h"

namespace residual::cpu::onednn {

/// In oneDNN's terms: weights are 5-dimensional when there are groups, dilation counts from 0.
struct ConvGeometry {
  ConvGeometry(const Shape& src, const Shape& weights, const Shape& dst, const Conv2dAttrs& attributes);
  int64_t src_channels() const { return src[1]; }
  int64_t dst_channels() const { return dst[1]; }
  bool suits_winograd() const;
  /// Whether the kernel's first or last place, down or across, lies wholly in the padding.
  bool has_empty_windows() const;

  dnnl::memory::dims src, weights, dst, stride, dilation, padding;
};

/// Images in these layouts, seen by oneDNN under these tags. The two may differ in name only: with as many channels as a block
/// holds, blocked and channels-last are the same bytes.
struct ConvWay {
  dnnl::algorithm algorithm;
  dnnl::memory::format_tag src_tag, dst_tag;
  Layout src_layout, dst_layout;
  bool last_resort = false;  ///< only where no other way gave a kernel

  dnnl::memory::desc src(const ConvGeometry& geometry) const;
  dnnl::memory::desc dst(const ConvGeometry& geometry) const;
  /// "jit:avx512_core direct", "jit_wino_4x3:avx512_core winograd": unique among all ways of one convolution.
  std::string label(const std::string& primitive_name) const;
};

enum class Direction : uint8_t { kForward, kBackwardData, kBackwardWeights };

/// The best guess first.
std::vector<ConvWay> conv_ways(const ConvGeometry& geometry, Direction direction);

/// Whether an primitive_name is worth timing: no plain loops, none for lesser instruction sets than the processor's, matrix
/// products with unfolding only on plain images.
bool worth_timing(const std::string& primitive_name, const ConvWay& way, const ConvGeometry& geometry);

/// Steps through oneDNN's implementations for one way: offer(name) finds `descriptor` set to each that is worth timing, `most` at
/// most. What the descriptor was made from must still be there.
template <typename PrimitiveDescriptor, typename Offer>
void each_primitive(PrimitiveDescriptor& descriptor, const ConvWay& way, const ConvGeometry& geometry, int most, Offer&& offer) {
  std::string last;  // oneDNN steps to what its cache of descriptors holds once more before it goes on
  do {
    const std::string primitive_name = descriptor.impl_info_str();
    if (primitive_name == last || !worth_timing(primitive_name, way, geometry)) continue;
    last = primitive_name;
    offer(primitive_name);
    if (--most == 0) return;
  } while (descriptor.next_impl());
}

}  // namespace residual::cpu::onednn
