#include "io/onnx/onnx_storage.h"

#include <algorithm>
#include <bit>

#include "core/error.h"
#include "core/json_text.h"
#include "core/tensor/floating.h"

namespace residual::io {
namespace {

static_assert(std::endian::native == std::endian::little, "raw values are read as they lie in the file");

size_t element_size(OnnxType type) {
  switch (type) {
    case OnnxType::kFloat:
    case OnnxType::kInt32: return 4;
    case OnnxType::kUint8:
    case OnnxType::kBool:
    case OnnxType::kInt8: return 1;
    case OnnxType::kInt64:
    case OnnxType::kDouble: return 8;
    case OnnxType::kFloat16:
    case OnnxType::kBFloat16: return 2;
  }
  return 0;
}

// Whether the values lie there as they are, without variable length.
bool fixed(const OnnxTensor& tensor) {
  return tensor.raw || tensor.external || tensor.type == OnnxType::kFloat || tensor.type == OnnxType::kDouble;
}

uint64_t size_of(const std::vector<ByteRange>& parts) {
  uint64_t sum = 0;
  for (const ByteRange& part : parts) sum += part.size();
  return sum;
}

bool is_plain_name(const std::string& location) {
  return !location.empty() && location != "." && location != ".." &&
         location.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

// A link may lead to where the model's own link leads, as in Hugging Face's cache, but not elsewhere.
bool lies_beside(const std::filesystem::path& file, const std::filesystem::path& model) {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::absolute(model, error);
  const std::filesystem::path folder = std::filesystem::canonical(std::filesystem::absolute(file, error), error).parent_path();
  return folder == std::filesystem::canonical(here, error).parent_path() ||
         folder == std::filesystem::canonical(here.parent_path(), error);
}

}  // namespace

bool is_float(OnnxType type) {
  return type == OnnxType::kFloat || type == OnnxType::kFloat16 || type == OnnxType::kBFloat16 || type == OnnxType::kDouble;
}

std::string name_of(OnnxType type) {
  switch (type) {
    case OnnxType::kFloat: return "float";
    case OnnxType::kUint8: return "uint8";
    case OnnxType::kInt8: return "int8";
    case OnnxType::kInt32: return "int32";
    case OnnxType::kInt64: return "int64";
    case OnnxType::kBool: return "bool";
    case OnnxType::kFloat16: return "float16";
    case OnnxType::kDouble: return "double";
    case OnnxType::kBFloat16: return "bfloat16";
  }
  return fmt::format("type {}", static_cast<int32_t>(type));
}

void OnnxStorage::refuse(const OnnxTensor& tensor, const std::string& why) const {
  fail(ErrorKind::kBadFile, "'{}': tensor '{}' {}", name(), printable(tensor.name), why);
}

WireFile& OnnxStorage::beside(const OnnxTensor& tensor) {
  const std::string& location = tensor.external->location;
  if (!is_plain_name(location)) {
    refuse(tensor, fmt::format("lies in another file ('{}'), which must be the plain name of a file in the model's folder",
                               printable(location)));
  }
  if (!path_) {
    refuse(tensor, fmt::format("lies in another file ('{}'), but this model is in memory: give the path of its file",
                               printable(location)));
  }
  if (const auto known = beside_.find(location); known != beside_.end()) return known->second;
  const std::filesystem::path file = path_->parent_path() / location;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    refuse(tensor, fmt::format("lies in '{}', which is missing: copy that file beside the model, too", printable(location)));
  }
  if (!lies_beside(file, *path_))
    refuse(tensor, fmt::format("lies in '{}', a link that leads out of the model's folder", printable(location)));
  WireFile& opened = beside_.emplace(location, file_source(file)).first->second;
  bytes_ += opened.source().size;
  return opened;
}

OnnxStorage::Place OnnxStorage::place_of(const OnnxTensor& tensor, uint64_t bytes) {
  if (!tensor.external) return {file_, tensor.values};
  WireFile& file = beside(tensor);
  const uint64_t offset = tensor.external->offset, length = tensor.external->length.value_or(bytes), size = file.source().size;
  if (offset > size || length > size - offset) {
    refuse(tensor, fmt::format("lies at byte {} of '{}' and takes {}; that file has {}: is it cut short, or another model's?",
                               offset, printable(tensor.external->location), length, size));
  }
  return {file, {{offset, offset + length}}};
}

Shape OnnxStorage::checked_shape(const OnnxTensor& tensor) {
  const size_t size = element_size(tensor.type);
  if (size == 0) refuse(tensor, fmt::format("is of {}, which is not supported", name_of(tensor.type)));
  Shape shape;
  try {
    shape = Shape(tensor.dims);
  } catch (const Error& error) {
    refuse(tensor, fmt::format("has a shape that is refused: {}", error.what()));
  }
  const auto elements = static_cast<uint64_t>(shape.elements());
  const std::vector<ByteRange> values = place_of(tensor, elements * size).values;
  // Every read of the values iterates over all segments, so many empty ones would cost time repeatedly.
  if (const size_t pieces = values.size(); pieces > std::max<uint64_t>(elements, 1))
    refuse(tensor, fmt::format("has shape {}, its values lie in {} pieces", to_string(shape), pieces));
  // A number of variable length takes at least one byte.
  const uint64_t stored = size_of(values);
  if (fixed(tensor) ? stored != elements * size : stored < elements) {
    refuse(tensor, fmt::format("has shape {}, for which {} bytes are {}; the file holds {}", to_string(shape),
                               fixed(tensor) ? elements * size : elements, fixed(tensor) ? "expected" : "the least", stored));
  }
  return shape;
}

// Calls `take` with each value as a whole number: sign-extended integers, or the bits of floats. There are exactly as many as the
// shape takes.
template <typename Take>
void OnnxStorage::for_each_number(const OnnxTensor& tensor, const Shape& shape, Take&& take) {
  const size_t size = element_size(tensor.type);
  const auto elements = static_cast<uint64_t>(shape.elements());
  uint64_t done = 0;
  const auto one = [&](int64_t number) {
    if (done++ == elements) refuse(tensor, "holds more values than its shape");
    take(number);
  };
  const Place place = place_of(tensor, elements * size);
  if (!fixed(tensor)) {
    for (const ByteRange& part : place.values)
      WireReader(place.file, part).packed_varints([&](uint64_t value) { one(static_cast<int64_t>(value)); });
  } else {
    uint64_t bits = 0;
    size_t have = 0;
    const auto unused = static_cast<unsigned>(64 - 8 * size);
    const bool is_signed = tensor.type == OnnxType::kInt8 || tensor.type == OnnxType::kInt32 || tensor.type == OnnxType::kInt64;
    for (const ByteRange& part : place.values) {
      for (uint64_t offset = part.begin; offset < part.end; ++offset) {
        bits |= static_cast<uint64_t>(place.file.at(offset)) << (8 * have);
        if (++have < size) continue;
        one(is_signed ? static_cast<int64_t>(bits << unused) >> unused : static_cast<int64_t>(bits));
        bits = 0;
        have = 0;
      }
    }
  }
  if (done != elements) refuse(tensor, fmt::format("holds {} values, its shape takes {}", done, elements));
}

void OnnxStorage::fill(const OnnxTensor& tensor, Tensor& to, float (*convert)(int64_t)) {
  float* next = to.as<float>().data();
  for_each_number(tensor, to.shape(), [&](int64_t number) { *next++ = convert(number); });
}

Tensor OnnxStorage::read_floats(const OnnxTensor& tensor) {
  const Shape shape = checked_shape(tensor);
  if (!is_float(tensor.type)) refuse(tensor, fmt::format("holds {}, floats are expected here", name_of(tensor.type)));
  Tensor result(DType::kF32, shape);
  switch (tensor.type) {
    case OnnxType::kFloat: {
      const Place place = place_of(tensor, result.bytes());
      std::span<std::byte> to{result.data(), result.bytes()};
      for (const ByteRange& part : place.values) {
        const auto size = static_cast<size_t>(part.size());
        place.file.source().read(part.begin, to.first(size));
        to = to.subspan(size);
      }
      break;
    }
    case OnnxType::kDouble:
      fill(tensor, result, [](int64_t bits) { return static_cast<float>(std::bit_cast<double>(bits)); });
      break;
    case OnnxType::kFloat16: fill(tensor, result, [](int64_t bits) { return from_half(static_cast<uint16_t>(bits)); }); break;
    default: fill(tensor, result, [](int64_t bits) { return from_bfloat16(static_cast<uint16_t>(bits)); }); break;
  }
  return result;
}

std::vector<int64_t> OnnxStorage::read_integers(const OnnxTensor& tensor, size_t most) {
  const Shape shape = checked_shape(tensor);
  const auto elements = static_cast<size_t>(shape.elements());
  if (is_float(tensor.type)) refuse(tensor, fmt::format("holds {}, whole numbers are expected here", name_of(tensor.type)));
  if (elements > most) refuse(tensor, fmt::format("holds {} numbers, at most {} are expected here", elements, most));
  std::vector<int64_t> result;
  result.reserve(elements);
  for_each_number(tensor, shape, [&](int64_t number) { result.push_back(number); });
  return result;
}

Tensor OnnxStorage::read_whole_numbers_as_floats(const OnnxTensor& tensor) {
  const Shape shape = checked_shape(tensor);
  if (is_float(tensor.type)) refuse(tensor, fmt::format("holds {}, whole numbers are expected here", name_of(tensor.type)));
  Tensor result(DType::kF32, shape);
  fill(tensor, result, [](int64_t number) { return static_cast<float>(number); });
  return result;
}

}  // namespace residual::io
