#include "core/tensor/floating.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace residual {
namespace {

// Whether any of `count` floats at `data` is infinite or NaN: all bits of the exponent are set.
template <typename Bits>
bool any_not_finite(const std::byte* data, size_t count, Bits exponent) {
  bool found = false;
  for (size_t i = 0; i < count; ++i) {
    Bits bits;
    std::memcpy(&bits, data + i * sizeof bits, sizeof bits);
    found |= (bits & exponent) == exponent;
  }
  return found;
}

template <typename From, typename Convert>
void convert_all(const Tensor& from, std::span<float> to, Convert&& convert) {
  for (size_t i = 0; i < to.size(); ++i) {
    From value;
    std::memcpy(&value, from.data() + i * sizeof value, sizeof value);
    to[i] = convert(value);
  }
}

}  // namespace

bool all_finite(const Tensor& tensor) {
  const auto count = static_cast<size_t>(tensor.elements());
  switch (tensor.dtype()) {
    case DType::kF32: return !any_not_finite<uint32_t>(tensor.data(), count, 0x7F800000);
    case DType::kF64: return !any_not_finite<uint64_t>(tensor.data(), count, 0x7FF0000000000000);
    case DType::kF16: return !any_not_finite<uint16_t>(tensor.data(), count, 0x7C00);
    case DType::kBF16: return !any_not_finite<uint16_t>(tensor.data(), count, 0x7F80);
    default: return true;
  }
}

Tensor to_f32(const Tensor& tensor) {
  if (tensor.dtype() == DType::kF32) return tensor.clone();
  Tensor result(DType::kF32, tensor.shape());
  const std::span<float> to = result.as<float>();
  switch (tensor.dtype()) {
    case DType::kF16: convert_all<uint16_t>(tensor, to, from_half); break;
    case DType::kBF16: convert_all<uint16_t>(tensor, to, from_bfloat16); break;
    case DType::kF64: convert_all<double>(tensor, to, [](double value) { return static_cast<float>(value); }); break;
    default:
      fail(ErrorKind::kUsage, "a tensor of {} cannot be read as float32; a floating-point one is expected",
           name_of(tensor.dtype()));
  }
  return result;
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace residual
