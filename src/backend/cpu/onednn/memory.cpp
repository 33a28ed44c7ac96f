#include "backend/cpu/onednn/memory.h"

#include <array>
#include <charconv>

namespace residual::cpu::onednn {
namespace {

using dnnl::memory;

constexpr std::string_view kMark = "onednn";

// The descriptor's fields in a fixed order, for reading and writing: all that oneDNN 2.6 uses for float32 weights.
template <typename Descriptor, typename Visit>
void visit_fields(Descriptor& d, Visit&& visit) {
  visit(d.ndims);
  for (int i = 0; i < d.ndims; ++i) {
    visit(d.dims[i]);
    visit(d.padded_dims[i]);
    visit(d.padded_offsets[i]);
  }
  visit(d.data_type);
  visit(d.offset0);
  visit(d.format_kind);
  if (d.format_kind == dnnl_blocked) {
    auto& blocking = d.format_desc.blocking;
    for (int i = 0; i < d.ndims; ++i) visit(blocking.strides[i]);
    visit(blocking.inner_nblks);
    for (int i = 0; i < blocking.inner_nblks; ++i) {
      visit(blocking.inner_blks[i]);
      visit(blocking.inner_idxs[i]);
    }
  } else {
    auto& wino = d.format_desc.wino_desc;
    visit(wino.wino_format), visit(wino.r), visit(wino.alpha), visit(wino.ic), visit(wino.oc), visit(wino.ic_block);
    visit(wino.oc_block), visit(wino.ic2_block), visit(wino.oc2_block), visit(wino.size);
  }
}

std::string to_text(const dnnl_memory_desc_t& descriptor) {
  std::string text(kMark);
  text += descriptor.format_kind == dnnl_format_kind_wino ? " winograd" : " blocked";
  visit_fields(descriptor, [&](const auto& field) { text += fmt::format(" {}", static_cast<int64_t>(field)); });
  return text;
}

std::optional<memory::desc> from_text(std::string_view text) {
  if (!text.starts_with(kMark)) return std::nullopt;
  text = text.substr(std::min(text.size(), text.find(' ', kMark.size() + 1)));
  dnnl_memory_desc_t descriptor{};
  bool complete = true;
  visit_fields(descriptor, [&](auto& field) {
    int64_t value = 0;
    if (!text.empty()) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    complete = complete && error == std::errc();
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
    if (descriptor.ndims > DNNL_MAX_NDIMS || descriptor.ndims < 0) descriptor.ndims = 0;
    if (descriptor.format_kind == dnnl_blocked && descriptor.format_desc.blocking.inner_nblks > DNNL_MAX_NDIMS)
      descriptor.format_desc.blocking.inner_nblks = 0;
  });
  return complete && text.empty() ? std::optional(memory::desc(descriptor)) : std::nullopt;
}

memory::dims row_major_strides(const memory::dims& dims) {
  memory::dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

memory::dims dims_of(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

std::optional<memory::data_type> data_type_of(DType type) {
  switch (type) {
    case DType::kF32: return memory::data_type::f32;
    case DType::kI32: return memory::data_type::s32;
    case DType::kU8: return memory::data_type::u8;
    default: return std::nullopt;
  }
}

std::optional<memory::desc> descriptor_of(const TensorType& type, const Layout& layout) {
  const auto data_type = data_type_of(type.dtype);
  if (!data_type || type.shape.elements() == 0) return std::nullopt;
  const memory::dims dims = type.shape.rank() == 0 ? memory::dims{1} : dims_of(type.shape);
  switch (layout.kind) {
    case Layout::Kind::kPlain: return memory::desc(dims, *data_type, row_major_strides(dims));
    case Layout::Kind::kChannelsLast:
      if (dims.size() != 4) return std::nullopt;
      return memory::desc(dims, *data_type, memory::format_tag::nhwc);
    case Layout::Kind::kBlocked:
      if (dims.size() != 4 || (layout.block != 8 && layout.block != 16)) return std::nullopt;
      return memory::desc(dims, *data_type, layout.block == 16 ? memory::format_tag::nChw16c : memory::format_tag::nChw8c);
    case Layout::Kind::kOpaque: return from_text(layout.opaque);
  }
  return std::nullopt;
}

memory::desc plain_descriptor(const memory::dims& dims) {
  return {dims, memory::data_type::f32, row_major_strides(dims)};
}

Layout layout_of(const memory::desc& descriptor) {
  if (descriptor == plain_descriptor(descriptor.dims())) return Layout::plain();
  return {Layout::Kind::kOpaque, 0, to_text(descriptor.data), descriptor.get_size()};
}

}  // namespace residual::cpu::onednn
