#include "core/tensor/float16.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace residual {
namespace {

// A number of 16 bits with `kFraction` bits of fraction: sign, exponent, fraction.
template <int kFraction>
uint16_t rounded(double value) {
  constexpr int kBias = (1 << (14 - kFraction)) - 1;
  constexpr int kInfinity = (2 * kBias + 1) << kFraction;
  const int sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return static_cast<uint16_t>(sign | kInfinity | 1 << (kFraction - 1));
  const double magnitude = std::abs(value);
  const int exponent = std::max(std::ilogb(magnitude), 1 - kBias);  // below it numbers are evenly spaced down to zero
  if (exponent > kBias) return static_cast<uint16_t>(sign | kInfinity);
  // In units of the last place. The leading bit of a normal number, and a carry, add to the exponent.
  const int units = static_cast<int>(std::nearbyint(std::ldexp(magnitude, kFraction - exponent)));
  return static_cast<uint16_t>(sign | (((exponent + kBias - 1) << kFraction) + units));
}

}  // namespace

float from_half(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16, exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000 | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = static_cast<float>(fraction) * 0x1p-24F;  // zero, and what is below the normal numbers
  return sign != 0 ? -small : small;
}

float from_bfloat16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t to_half(double value) {
  return rounded<10>(value);
}

uint16_t to_bfloat16(double value) {
  return rounded<7>(value);
}

}  // namespace residual
