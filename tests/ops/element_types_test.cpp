// The reference loops in bfloat16 and float16: the float64 result on the same rounded inputs, rounded once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "ops/table.h"
#include "support/cases.h"

namespace residual {
namespace {

using support::Case;
using support::element;
using support::Fill;
using support::Oracle;
using support::set_element;

// Half the distance between the numbers of `type` around x.
double half_ulp(DType type, double x) {
  const int fraction = type == DType::kBF16 ? 7 : type == DType::kF16 ? 10 : type == DType::kF32 ? 23 : 52;
  const int least = type == DType::kF16 ? -14 : type == DType::kF64 ? -1022 : -126;
  return std::ldexp(0.5, std::max(x == 0 ? least : std::ilogb(x), least) - fraction);
}

// The same case in float64, on the values of the narrow one.
Case widened(const OpDef& op, uint64_t number, const Case& narrow) {
  Case wide = make_case(op, number, Fill::kReals, DType::kF64);
  for (auto& [name, tensor] : wide.tensors) {
    const Tensor& rounded = narrow.tensors.at(name);
    for (size_t i = 0; i < static_cast<size_t>(tensor.elements()); ++i) set_element(tensor, i, element(rounded, i));
  }
  return wide;
}

// No element is further from the exact one than half an ulp of its type and the float32 rounding of the largest.
std::string error_of(const Tensor& found, const Tensor& exact) {
  double largest = 0;
  for (size_t i = 0; i < static_cast<size_t>(exact.elements()); ++i) largest = std::max(largest, std::abs(element(exact, i)));
  for (size_t i = 0; i < static_cast<size_t>(exact.elements()); ++i) {
    const double wanted = element(exact, i), error = std::abs(element(found, i) - wanted);
    if (!(error <= half_ulp(found.dtype(), wanted) + largest * 0x1p-24))
      return fmt::format("element {} is {}, expected {} rounded to {}", i, element(found, i), wanted, name_of(found.dtype()));
  }
  return {};
}

bool is_source(const OpDef* op) {
  return op == &input_op() || op == &variable_op() || op == &constant_op() || op == &assign_op();
}

class NarrowTypes : public testing::TestWithParam<DType> {};

TEST_P(NarrowTypes, EveryOpGivesTheFloat64ResultRoundedOnceOrRefusesTheTypeByName) {
  std::set<std::string_view> refused;
  for (const OpDef* op : op_table()) {
    if (is_source(op)) continue;
    for (uint64_t number = 0; number < 20; ++number) {
      try {
        const Case narrow = make_case(*op, number, Fill::kReals, GetParam()), wide = widened(*op, number, narrow);
        const Oracle found(narrow.graph, narrow.tensors), exact(wide.graph, wide.tensors);
        for (const auto& [name, value] : narrow.graph.outputs())
          ASSERT_EQ(error_of(found.at(value), exact.at(value)), "") << name << " of\n" << narrow.what;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
        EXPECT_THAT(error.what(), testing::HasSubstr(fmt::format("{}, f32 or f64 is expected", name_of(GetParam()))));
        refused.insert(op->name);
      }
    }
  }
  EXPECT_EQ(refused,
            (std::set<std::string_view>{"fake_quantize", "running_average", "global_norm", "clip_to_norm", "sgd", "adam"}))
      << "updates and running statistics are float32, quantization starts from it";
}

INSTANTIATE_TEST_SUITE_P(ElementTypes, NarrowTypes, testing::Values(DType::kBF16, DType::kF16),
                         [](const auto& parameter) { return std::string(name_of(parameter.param)); });

template <typename T>
T from_bits(int bits) {
  T number;
  number.bits = static_cast<uint16_t>(bits);
  return number;
}

// Every number of 16 bits, and every midpoint of two neighbours and the doubles next to it.
template <typename T>
void check_rounding(int infinity) {
  for (int bits = 0; bits < infinity; ++bits) {
    const double low = double{from_bits<T>(bits)}, high = bits + 1 < infinity ? double{from_bits<T>(bits + 1)} : INFINITY;
    ASSERT_EQ(T(low).bits, bits);
    ASSERT_EQ(T(-low).bits, bits | 0x8000);
    const double last = bits == 0 ? 0 : double{from_bits<T>(bits - 1)};
    const double middle = std::isinf(high) ? low + (low - last) / 2 : low + (high - low) / 2;
    ASSERT_EQ(T(middle).bits, bits % 2 == 0 ? bits : bits + 1) << middle;
    ASSERT_EQ(T(std::nextafter(middle, 0)).bits, bits) << middle;
    ASSERT_EQ(T(std::nextafter(middle, INFINITY)).bits, bits + 1) << middle;
  }
  EXPECT_EQ(T(INFINITY).bits, infinity);
  EXPECT_EQ(T(-1e300).bits, infinity | 0x8000);
  EXPECT_TRUE(std::isnan(float{T(NAN)}));
}

TEST(ElementTypes, DoublesRoundToTheNearestFloat16WithTiesToEven) {
  check_rounding<Float16>(0x7C00);
}

TEST(ElementTypes, DoublesRoundToTheNearestBfloat16WithTiesToEven) {
  check_rounding<BFloat16>(0x7F80);
}

TEST(ElementTypes, TensorsAreMadeOfEveryType) {
  const std::vector<BFloat16> narrow{BFloat16(1.5), BFloat16(-2)};
  EXPECT_EQ(Tensor::of<BFloat16>(Shape{2}, narrow).dtype(), DType::kBF16);
  const std::vector<int8_t> whole{-128, 127};
  EXPECT_EQ(Tensor::of<int8_t>(Shape{2}, whole).bytes(), 2u);
}

}  // namespace
}  // namespace residual
