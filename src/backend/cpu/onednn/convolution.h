// What the three directions of a convolution share in oneDNN: its dimensions, and the layouts and algorithms worth timing.
#pragma once

#include "backend/cpu/convolution.h"
#include "backend/cpu/onednn/memory.h"

namespace residual::cpu::onednn {

/// A geometry in oneDNN's terms: weights are 5-dimensional when there are groups, dilation counts from 0.
struct ConvDims {
  explicit ConvDims(const ConvGeometry& geometry);
  dnnl::memory::dims src, weights, dst, stride, dilation, padding;
};

/// Images in these layouts, seen by oneDNN under these tags. The two may differ in name only: with as many channels as a block
/// holds, blocked and channels-last are the same bytes.
struct ConvWay {
  dnnl::algorithm algorithm;
  dnnl::memory::format_tag src_tag, dst_tag;
  Layout src_layout, dst_layout;
  bool last_resort = false;  ///< only where no other way gave a kernel

  dnnl::memory::desc src(const ConvDims& dims) const;
  dnnl::memory::desc dst(const ConvDims& dims) const;
  /// "jit:avx512_core direct", "jit_wino_4x3:avx512_core winograd": unique among all ways of one convolution.
  std::string label(const std::string& primitive_name) const;
};

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
