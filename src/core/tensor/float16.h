// The two floating-point numbers of 16 bits: 10 bits of fraction and 5 of exponent, or 7 and 8.
#pragma once

#include <cstdint>

#include "core/tensor/dtype.h"

namespace residual {

/// IEEE 754 binary16 and bfloat16 from their bits, exactly.
float from_half(uint16_t bits);
float from_bfloat16(uint16_t bits);
/// The bits of the nearest number, the even one of two that are equally near; too large a value becomes infinity.
uint16_t to_half(double value);
uint16_t to_bfloat16(double value);

/// IEEE 754 binary16: largest 65504, relative rounding error at most 2^-11.
struct Float16 {
  Float16() = default;
  explicit Float16(double value) : bits(to_half(value)) {}
  operator float() const { return from_half(bits); }
  uint16_t bits;
};

/// The upper half of a float32: its range, relative rounding error at most 2^-8.
struct BFloat16 {
  BFloat16() = default;
  explicit BFloat16(double value) : bits(to_bfloat16(value)) {}
  operator float() const { return from_bfloat16(bits); }
  uint16_t bits;
};

template <>
struct DTypeOf<Float16> {
  static constexpr DType value = DType::kF16;
};
template <>
struct DTypeOf<BFloat16> {
  static constexpr DType value = DType::kBF16;
};

}  // namespace residual
