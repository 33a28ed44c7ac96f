// Element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace residual {

enum class DType : uint8_t { kF32, kF64, kF16, kBF16, kI64, kI32, kU8, kI8 };

constexpr size_t size_of(DType type) noexcept {
  switch (type) {
    case DType::kF64:
    case DType::kI64: return 8;
    case DType::kF32:
    case DType::kI32: return 4;
    case DType::kF16:
    case DType::kBF16: return 2;
    case DType::kU8:
    case DType::kI8: return 1;
  }
  return 0;
}

constexpr bool is_float(DType type) noexcept {
  return type == DType::kF32 || type == DType::kF64 || type == DType::kF16 || type == DType::kBF16;
}

/// The type of statistics, losses and updates over values of `type`: float64 for float64, else float32.
constexpr DType statistics_type(DType type) noexcept {
  return type == DType::kF64 ? DType::kF64 : DType::kF32;
}

/// "f32", "f64", "f16", "bf16", "i64", "i32", "u8" or "i8".
std::string_view name_of(DType type) noexcept;

/// The inverse of name_of; throws Error (kUsage) on any other name.
DType dtype_named(std::string_view name);

template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::kI64;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::kI32;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::kI8;
};

}  // namespace residual
