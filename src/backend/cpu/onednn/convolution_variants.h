// Shared by the three directions of a convolution in oneDNN: its dimensions, and the layouts and algorithms worth timing.
#pragma once

#include "backend/convolution_geometry.h"
#include "backend/cpu/onednn/memory.h"

namespace residual::cpu::onednn {

/// A geometry in oneDNN's conventions: weights are 5-dimensional when there are groups, a dilation of 0 is dense.
struct ConvDims {
  explicit ConvDims(const ConvGeometry& geometry);
  dnnl::memory::dims src, weights, dst, stride, dilation, padding;
};

/// An algorithm on images in these layouts, described to oneDNN by these tags. A layout and its tag may differ in name only: with
/// as many channels as a block holds, blocked and channels-last are the same bytes.
struct ConvVariant {
  dnnl::algorithm algorithm;
  dnnl::memory::format_tag src_tag, dst_tag;
  Layout src_layout, dst_layout;
  bool last_resort = false;  ///< only where no other configuration has a kernel

  dnnl::memory::desc src(const ConvDims& dims) const;
  dnnl::memory::desc dst(const ConvDims& dims) const;
  /// "jit:avx512_core direct", "jit_wino_4x3:avx512_core winograd": unique within one convolution.
  std::string label(const std::string& primitive_name) const;
};

/// The best guess first.
std::vector<ConvVariant> conv_variants(const ConvGeometry& geometry, ConvDirection direction);

/// Whether a primitive is worth timing: no plain loops, no lesser instruction set than the processor's, matrix products with
/// unfolding only on plain images.
bool worth_timing(const std::string& primitive_name, const ConvVariant& variant, const ConvGeometry& geometry);

/// Iterates over oneDNN's implementations: visit(name) is called with `descriptor` set to each that is worth timing, at most
/// `most` of them. The operation that the descriptor was created from must outlive the call.
template <typename PrimitiveDescriptor, typename Visit>
void each_primitive(PrimitiveDescriptor& descriptor, const ConvVariant& variant, const ConvGeometry& geometry, int most,
                    Visit&& visit) {
  std::string last;  // oneDNN returns the implementation held by its descriptor cache a second time
  do {
    const std::string primitive_name = descriptor.impl_info_str();
    if (primitive_name == last || !worth_timing(primitive_name, variant, geometry)) continue;
    last = primitive_name;
    visit(primitive_name);
    if (--most == 0) return;
  } while (descriptor.next_impl());
}

}  // namespace residual::cpu::onednn
