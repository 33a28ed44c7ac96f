#include "io/safetensors/safetensors.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/json_text.h"
#include "io/safetensors/safetensors_header.h"

namespace residual::io {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored as they lie in memory");

// The header's text, padded with spaces to a multiple of 8 bytes, for tensors stored in the given order.
std::string header_text(const std::vector<TensorViews::const_pointer>& order, const Metadata& metadata) {
  try {
    const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
    std::string text = "{";
    if (!metadata.empty()) text += "\"__metadata__\":" + nlohmann::json(metadata).dump();
    uint64_t offset = 0;
    for (const auto* entry : order) {
      const auto& [name, tensor] = *entry;
      if (text.size() > 1) text += ',';
      const std::vector<int64_t> dims(tensor->shape().dims().begin(), tensor->shape().dims().end());
      text += fmt::format(R"({}:{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", quoted(name),
                          safetensors_name(tensor->dtype()), nlohmann::json(dims).dump(), offset, offset + tensor->bytes());
      offset += tensor->bytes();
    }
    text += '}';
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::kUsage, "a tensor's name or a metadata text is not valid UTF-8; safetensors files hold UTF-8 only");
  }
}

// The header's length, as the first 8 bytes say it.
uint64_t header_length(const Source& source) {
  uint64_t length = 0;
  source.read(0, std::as_writable_bytes(std::span(&length, 1)));
  return length;
}

bool fits(uint64_t length, const Source& source) {
  return length <= kMaxSafetensorsHeader && length <= source.size - 8;
}

// The header, and where the data behind it begin.
std::pair<SafetensorsHeader, uint64_t> read_header(const Source& source) {
  if (source.size < 8) fail(ErrorKind::kBadFile, "'{}' has {} bytes, too few for a safetensors file", source.name, source.size);
  const uint64_t length = header_length(source);
  if (!fits(length, source)) {
    fail(ErrorKind::kBadFile,
         "'{}' is not an intact safetensors file: it claims a header of {} bytes, {} follow; is it cut short?", source.name,
         length, source.size - 8);
  }
  std::string text(static_cast<size_t>(length), '\0');
  source.read(8, std::as_writable_bytes(std::span(text)));
  return {parse_safetensors_header(text, source.size - 8 - length, source.name), 8 + length};
}

// A tensor stays in the mapped file where its elements are aligned and it fills whole vectors, as a Buffer of its own does;
// others are read.
bool can_stay(const Source& source, uint64_t offset, const SafetensorsEntry& entry) {
  const uint64_t bytes = entry.end - entry.begin;
  return source.mapped && offset % size_of(entry.dtype) == 0 && bytes % Buffer::kAlignment == 0 && bytes > 0;
}

Tensor read_tensor(const Source& source, uint64_t offset, const SafetensorsEntry& entry) {
  const auto bytes = static_cast<size_t>(entry.end - entry.begin);
  if (can_stay(source, offset, entry)) {
    return {entry.dtype, entry.shape, Buffer(std::shared_ptr<std::byte>(source.mapped, source.mapped.get() + offset), bytes)};
  }
  Tensor tensor(entry.dtype, entry.shape);
  source.read(offset, {tensor.data(), tensor.bytes()});
  return tensor;
}

}  // namespace

TensorViews views_of(const Tensors& tensors) {
  TensorViews views;
  for (const auto& [name, tensor] : tensors) views.emplace(name, &tensor);
  return views;
}

bool is_safetensors_file(const Source& source) {
  if (source.size < 9) return false;
  const uint64_t length = header_length(source);
  std::byte first{};
  source.read(8, std::span(&first, 1));
  return length > 0 && fits(length, source) && first == std::byte{'{'};
}

Metadata read_safetensors_metadata(const Source& source) {
  return read_header(source).first.metadata;
}

SafetensorsFile read_safetensors(const Source& source) {
  auto [header, begin] = read_header(source);
  SafetensorsFile file{{}, std::move(header.metadata)};
  for (SafetensorsEntry& entry : header.entries) {
    Tensor tensor = read_tensor(source, begin + entry.begin, entry);
    file.tensors.emplace(std::move(entry.name), std::move(tensor));
  }
  return file;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  return read_safetensors(mapped_source(path));
}

SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, std::string_view name) {
  return read_safetensors(memory_source(bytes, name));
}

void serialize_safetensors(const TensorViews& tensors, const Metadata& metadata, const ByteSink& sink) {
  if (tensors.contains("__metadata__"))
    fail(ErrorKind::kUsage, "a tensor is called '__metadata__', which safetensors keeps for itself");
  std::vector<TensorViews::const_pointer> order;
  for (const auto& entry : tensors) order.push_back(&entry);
  std::ranges::sort(order, {}, [](const auto* entry) {
    return std::pair(-static_cast<int64_t>(size_of(entry->second->dtype())), std::string_view(entry->first));
  });
  const std::string text = header_text(order, metadata);
  if (text.size() > kMaxSafetensorsHeader) {
    fail(ErrorKind::kUsage, "a safetensors header of {} bytes is too large, the format allows {}", text.size(),
         kMaxSafetensorsHeader);
  }
  const uint64_t length = text.size();
  sink(std::as_bytes(std::span(&length, 1)));
  sink(std::as_bytes(std::span(text)));
  for (const auto* entry : order) sink({entry->second->data(), entry->second->bytes()});
}

void write_safetensors(const std::filesystem::path& path, const TensorViews& tensors, const Metadata& metadata) {
  replace_file(path, [&](const ByteSink& sink) { serialize_safetensors(tensors, metadata, sink); });
}

}  // namespace residual::io
