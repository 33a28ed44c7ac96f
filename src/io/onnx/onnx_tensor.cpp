// The values of an ONNX tensor: little-endian bytes, or numbers as the wire packs them.
#include <algorithm>
#include <bit>

#include "core/error.h"
#include "core/floating.h"
#include "core/json_text.h"
#include "io/onnx/onnx_document.h"

namespace residual::io {
namespace {

static_assert(std::endian::native == std::endian::little, "raw values are read as they lie in the file");

[[noreturn]] void refuse(const WireFile& file, const OnnxTensor& tensor, const std::string& why) {
  fail(ErrorKind::kBadFile, "'{}': tensor '{}' {}", file.source().name, printable(tensor.name), why);
}

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

// Types whose packed values lie there as they are, without variable length.
bool fixed(const OnnxTensor& tensor) {
  return tensor.raw || tensor.type == OnnxType::kFloat || tensor.type == OnnxType::kDouble;
}

uint64_t stored_bytes(const OnnxTensor& tensor) {
  uint64_t sum = 0;
  for (const ByteRange& part : tensor.values) sum += part.size();
  return sum;
}

// All stored bytes into `to`, which has exactly their size.
void read_stored(WireFile& file, const OnnxTensor& tensor, std::span<std::byte> to) {
  for (const ByteRange& part : tensor.values) {
    const auto size = static_cast<size_t>(part.size());
    file.source().read(part.begin, to.first(size));
    to = to.subspan(size);
  }
}

// Calls `take` with each value as a whole number: sign-extended integers, or the bits of floats.
void for_each_number(WireFile& file, const OnnxTensor& tensor, const std::function<void(int64_t)>& take) {
  if (!fixed(tensor)) {
    for (const ByteRange& part : tensor.values)
      WireReader(file, part).packed_varints([&](uint64_t value) { take(static_cast<int64_t>(value)); });
    return;
  }
  const size_t size = element_size(tensor.type);
  uint64_t bits = 0;
  size_t have = 0;
  for (const ByteRange& part : tensor.values) {
    for (uint64_t offset = part.begin; offset < part.end; ++offset) {
      bits |= static_cast<uint64_t>(file.at(offset)) << (8 * have);
      if (++have < size) continue;
      const unsigned unused = static_cast<unsigned>(64 - 8 * size);
      const bool is_signed = tensor.type == OnnxType::kInt8 || tensor.type == OnnxType::kInt32 || tensor.type == OnnxType::kInt64;
      take(is_signed ? static_cast<int64_t>(bits << unused) >> unused : static_cast<int64_t>(bits));
      bits = 0;
      have = 0;
    }
  }
}

bool is_float(OnnxType type) {
  return type == OnnxType::kFloat || type == OnnxType::kFloat16 || type == OnnxType::kBFloat16 || type == OnnxType::kDouble;
}

// Fills `to` from whole numbers; there must be exactly as many.
void fill(WireFile& file, const OnnxTensor& tensor, std::span<float> to, const std::function<float(int64_t)>& convert) {
  size_t done = 0;
  for_each_number(file, tensor, [&](int64_t number) {
    if (done == to.size()) refuse(file, tensor, "holds more values than its shape");
    to[done++] = convert(number);
  });
  if (done != to.size()) refuse(file, tensor, fmt::format("holds {} values, its shape takes {}", done, to.size()));
}

}  // namespace

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

Shape checked_shape(const WireFile& file, const OnnxTensor& tensor) {
  if (!tensor.elsewhere.empty()) {
    refuse(
        file, tensor,
        fmt::format("lies in another file ('{}'); only files that hold their own weights are read: export without external data",
                    printable(tensor.elsewhere)));
  }
  const size_t size = element_size(tensor.type);
  if (size == 0) refuse(file, tensor, fmt::format("is of {}, which is not supported", name_of(tensor.type)));
  Shape shape;
  try {
    shape = Shape(tensor.dims);
  } catch (const Error& error) {
    refuse(file, tensor, fmt::format("has a shape that is refused: {}", error.what()));
  }
  // Every read of the values iterates over all segments, so many empty ones would cost time repeatedly.
  const auto elements = static_cast<uint64_t>(shape.elements());
  if (const size_t pieces = tensor.values.size(); pieces > std::max<uint64_t>(elements, 1))
    refuse(file, tensor, fmt::format("has shape {}, its values lie in {} pieces", to_string(shape), pieces));
  // A number of variable length takes at least one byte.
  const uint64_t stored = stored_bytes(tensor);
  if (fixed(tensor) ? stored != elements * size : stored < elements) {
    refuse(file, tensor,
           fmt::format("has shape {}, for which {} bytes are {}; the file holds {}", to_string(shape),
                       fixed(tensor) ? elements * size : elements, fixed(tensor) ? "expected" : "the least", stored));
  }
  return shape;
}

Tensor read_floats(WireFile& file, const OnnxTensor& tensor) {
  const Shape shape = checked_shape(file, tensor);
  if (!is_float(tensor.type)) refuse(file, tensor, fmt::format("holds {}, floats are expected here", name_of(tensor.type)));
  Tensor result(DType::kF32, shape);
  if (tensor.type == OnnxType::kFloat) {
    read_stored(file, tensor, {result.data(), result.bytes()});
  } else if (tensor.type == OnnxType::kDouble) {
    fill(file, tensor, result.as<float>(), [](int64_t bits) { return static_cast<float>(std::bit_cast<double>(bits)); });
  } else {
    const auto widened = tensor.type == OnnxType::kFloat16 ? from_half : from_bfloat16;
    fill(file, tensor, result.as<float>(), [&](int64_t bits) { return widened(static_cast<uint16_t>(bits)); });
  }
  return result;
}

std::vector<int64_t> read_integers(WireFile& file, const OnnxTensor& tensor, size_t most) {
  const auto elements = static_cast<size_t>(checked_shape(file, tensor).elements());
  if (is_float(tensor.type)) refuse(file, tensor, fmt::format("holds {}, whole numbers are expected here", name_of(tensor.type)));
  if (elements > most) refuse(file, tensor, fmt::format("holds {} numbers, at most {} are expected here", elements, most));
  std::vector<int64_t> result;
  for_each_number(file, tensor, [&](int64_t number) {
    if (result.size() == elements) refuse(file, tensor, "holds more values than its shape");
    result.push_back(number);
  });
  if (result.size() != elements)
    refuse(file, tensor, fmt::format("holds {} values, its shape takes {}", result.size(), elements));
  return result;
}

Tensor read_whole_numbers_as_floats(WireFile& file, const OnnxTensor& tensor) {
  const Shape shape = checked_shape(file, tensor);
  if (is_float(tensor.type)) refuse(file, tensor, fmt::format("holds {}, whole numbers are expected here", name_of(tensor.type)));
  Tensor result(DType::kF32, shape);
  fill(file, tensor, result.as<float>(), [](int64_t number) { return static_cast<float>(number); });
  return result;
}

}  // namespace residual::io
