// Conversion between our layouts and oneDNN's memory descriptors.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include "backend/backend.h"

namespace residual::cpu::onednn {

const dnnl::engine& engine();

dnnl::memory::dims dims_of(const Shape& shape);
/// None for element types that oneDNN does not support.
std::optional<dnnl::memory::data_type> data_type_of(DType type);

/// The descriptor of a value of `type` stored in `layout`; none for layouts that this adapter does not support.
std::optional<dnnl::memory::desc> descriptor_of(const TensorType& type, const Layout& layout);

/// Row-major float32.
dnnl::memory::desc plain_descriptor(const dnnl::memory::dims& dims);

/// Plain if `descriptor` is row-major, else an opaque layout whose text holds the whole descriptor.
Layout layout_of(const dnnl::memory::desc& descriptor);

}  // namespace residual::cpu::onednn
