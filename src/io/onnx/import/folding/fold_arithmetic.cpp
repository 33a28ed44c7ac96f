// Constants computed place by place.
#include <algorithm>
#include <cmath>
#include <limits>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"

namespace residual::io {

Shape common_shape(const OnnxImporter& in, const OnnxNode& node, const Shape& a, const Shape& b) {
  const size_t rank = std::max(a.rank(), b.rank());
  std::vector<int64_t> dims(rank);
  for (size_t i = 0; i < rank; ++i) {
    const auto size = [&](const Shape& shape) { return i + shape.rank() < rank ? 1 : shape[i + shape.rank() - rank]; };
    if (size(a) != size(b) && size(a) != 1 && size(b) != 1)
      in.refuse(node, fmt::format("it combines constants of shapes {} and {}", to_string(a), to_string(b)));
    dims[i] = size(a) == 1 ? size(b) : size(a);
  }
  return Shape(std::span<const int64_t>(dims));
}

std::vector<int64_t> aligned_strides(const Shape& shape, size_t rank) {
  std::vector<int64_t> strides = strides_of(shape);
  strides.insert(strides.begin(), rank - shape.rank(), 0);
  return strides;
}

namespace {

void refuse_batch(const OnnxImporter& in, const OnnxNode& node, const Numbers& numbers) {
  if (std::ranges::find(numbers.integers, kOpenBatch) != numbers.integers.end())
    in.refuse(node, "it computes with the number of images");
}

using OfFloats = double (*)(double, double);
using OfIntegers = bool (*)(int64_t, int64_t, int64_t&);  // false: it has no result

Numbers combined(OnnxImporter& in, const OnnxNode& node, const Numbers& a, const Numbers& b, OfFloats floats,
                 OfIntegers integers) {
  if (a.is_float() != b.is_float()) in.refuse(node, fmt::format("it combines {} and {}", name_of(a.type), name_of(b.type)));
  if (!a.is_float() && integers == nullptr) in.refuse(node, "of constants, floats only are supported");
  refuse_batch(in, node, a), refuse_batch(in, node, b);
  Numbers result{.shape = common_shape(in, node, a.shape, b.shape), .type = a.type};
  in.charge_numbers(static_cast<uint64_t>(result.shape.elements()) * (a.is_float() ? 1 : 2));
  const size_t rank = result.shape.rank(), count = static_cast<size_t>(result.shape.elements());
  const std::array strides{aligned_strides(a.shape, rank), aligned_strides(b.shape, rank)};
  if (a.is_float()) {
    result.floats.resize(count);
    for_each_place(result.shape, strides, {0, 0}, [&](int64_t i, const std::array<int64_t, 2>& at) {
      result.floats[static_cast<size_t>(i)] =
          static_cast<float>(floats(a.floats[static_cast<size_t>(at[0])], b.floats[static_cast<size_t>(at[1])]));
    });
  } else {
    result.integers.resize(count);
    for_each_place(result.shape, strides, {0, 0}, [&](int64_t i, const std::array<int64_t, 2>& at) {
      if (!integers(a.integers[static_cast<size_t>(at[0])], b.integers[static_cast<size_t>(at[1])],
                    result.integers[static_cast<size_t>(i)]))
        in.refuse(node, "its whole numbers have no result in 64 bits");
    });
  }
  return result;
}

Constant binary(OnnxImporter& in, const OnnxNode& node, OfFloats floats, OfIntegers integers) {
  if (node.inputs.size() != 2) in.refuse(node, "two inputs are expected");
  return in.made_constant(node, combined(in, node, in.numbers(node, 0), in.numbers(node, 1), floats, integers));
}

// The same over any number of inputs.
Constant folded(OnnxImporter& in, const OnnxNode& node, OfFloats floats, OfIntegers integers) {
  Numbers result = in.numbers(node, 0);
  for (size_t i = 1; i < node.inputs.size(); ++i) result = combined(in, node, result, in.numbers(node, i), floats, integers);
  return in.made_constant(node, std::move(result));
}

Constant compared(OnnxImporter& in, const OnnxNode& node, bool (*holds)(double, double)) {
  if (node.inputs.size() != 2) in.refuse(node, "two inputs are expected");
  const Numbers a = in.numbers(node, 0), b = in.numbers(node, 1);
  Numbers result{.shape = common_shape(in, node, a.shape, b.shape), .type = OnnxType::kBool};
  in.charge_numbers(2 * static_cast<uint64_t>(result.shape.elements()));
  result.integers.resize(static_cast<size_t>(result.shape.elements()));
  const auto value = [](const Numbers& of, int64_t at) {
    return of.is_float() ? static_cast<double>(of.floats[static_cast<size_t>(at)])
                         : static_cast<double>(of.integers[static_cast<size_t>(at)]);
  };
  for_each_place(result.shape,
                 std::array{aligned_strides(a.shape, result.shape.rank()), aligned_strides(b.shape, result.shape.rank())}, {0, 0},
                 [&](int64_t i, const std::array<int64_t, 2>& at) {
                   result.integers[static_cast<size_t>(i)] = holds(value(a, at[0]), value(b, at[1])) ? 1 : 0;
                 });
  return in.made_constant(node, std::move(result));
}

Constant unary(OnnxImporter& in, const OnnxNode& node, double (*floats)(double), int64_t (*integers)(int64_t) = nullptr) {
  Numbers numbers = in.numbers(node, 0);
  if (!numbers.is_float() && integers == nullptr) in.refuse(node, "of constants, floats only are supported");
  refuse_batch(in, node, numbers);
  for (float& value : numbers.floats) value = static_cast<float>(floats(value));
  for (int64_t& value : numbers.integers) value = integers(value);
  return in.made_constant(node, std::move(numbers));
}

bool multiplied(int64_t a, int64_t b, int64_t& result) {
  return !__builtin_mul_overflow(a, b, &result);
}
// By squaring; of a negative power only 1 and -1 have a whole number.
bool raised(int64_t base, int64_t power, int64_t& result) {
  if (power < 0 && base != 1 && base != -1) return false;
  result = 1;
  for (uint64_t left = power < 0 ? -static_cast<uint64_t>(power) : static_cast<uint64_t>(power); left != 0; left >>= 1) {
    if ((left & 1) != 0 && !multiplied(result, base, result)) return false;
    if (left > 1 && !multiplied(base, base, base)) return false;
  }
  return true;
}
bool divisible(int64_t a, int64_t b) {
  return b != 0 && !(a == std::numeric_limits<int64_t>::min() && b == -1);
}

}  // namespace

Constant fold_add(OnnxImporter& in, const OnnxNode& node) {
  return binary(
      in, node, [](double a, double b) { return a + b; },
      [](int64_t a, int64_t b, int64_t& result) { return !__builtin_add_overflow(a, b, &result); });
}
Constant fold_sub(OnnxImporter& in, const OnnxNode& node) {
  return binary(
      in, node, [](double a, double b) { return a - b; },
      [](int64_t a, int64_t b, int64_t& result) { return !__builtin_sub_overflow(a, b, &result); });
}
Constant fold_mul(OnnxImporter& in, const OnnxNode& node) {
  return binary(in, node, [](double a, double b) { return a * b; }, multiplied);
}
Constant fold_div(OnnxImporter& in, const OnnxNode& node) {
  return binary(
      in, node, [](double a, double b) { return a / b; },
      [](int64_t a, int64_t b, int64_t& result) {
        result = divisible(a, b) ? a / b : 0;
        return divisible(a, b);
      });
}
// The sign is the divisor's, or with fmod the dividend's.
Constant fold_mod(OnnxImporter& in, const OnnxNode& node) {
  if (in.integer(node, "fmod", 0) != 0) {
    return binary(
        in, node, [](double a, double b) { return std::fmod(a, b); },
        [](int64_t a, int64_t b, int64_t& result) {
          result = divisible(a, b) ? a % b : 0;
          return divisible(a, b);
        });
  }
  return binary(
      in, node, [](double a, double b) { return a - b * std::floor(a / b); },
      [](int64_t a, int64_t b, int64_t& result) {
        if (!divisible(a, b)) return false;
        result = a % b;
        if (result != 0 && (result < 0) != (b < 0)) result += b;
        return true;
      });
}
Constant fold_pow(OnnxImporter& in, const OnnxNode& node) {
  return binary(in, node, [](double a, double b) { return std::pow(a, b); }, raised);
}
Constant fold_sum(OnnxImporter& in, const OnnxNode& node) {
  return folded(in, node, [](double a, double b) { return a + b; }, nullptr);
}
Constant fold_max(OnnxImporter& in, const OnnxNode& node) {
  return folded(
      in, node, [](double a, double b) { return std::isnan(a) || a > b ? a : b; },
      [](int64_t a, int64_t b, int64_t& result) { return result = std::max(a, b), true; });
}
Constant fold_min(OnnxImporter& in, const OnnxNode& node) {
  return folded(
      in, node, [](double a, double b) { return std::isnan(a) || a < b ? a : b; },
      [](int64_t a, int64_t b, int64_t& result) { return result = std::min(a, b), true; });
}
Constant fold_equal(OnnxImporter& in, const OnnxNode& node) {
  return compared(in, node, [](double a, double b) { return a == b; });
}
Constant fold_greater(OnnxImporter& in, const OnnxNode& node) {
  return compared(in, node, [](double a, double b) { return a > b; });
}
Constant fold_less(OnnxImporter& in, const OnnxNode& node) {
  return compared(in, node, [](double a, double b) { return a < b; });
}

Constant fold_where(OnnxImporter& in, const OnnxNode& node) {
  const Numbers condition = in.numbers(node, 0), yes = in.numbers(node, 1), no = in.numbers(node, 2);
  if (condition.is_float() || yes.is_float() != no.is_float())
    in.refuse(node,
              fmt::format("it chooses between {} and {} by {}", name_of(yes.type), name_of(no.type), name_of(condition.type)));
  const Shape shape = common_shape(in, node, common_shape(in, node, condition.shape, yes.shape), no.shape);
  in.charge_numbers(2 * static_cast<uint64_t>(shape.elements()));
  Numbers result{.shape = shape, .type = yes.type};
  const std::array strides{aligned_strides(condition.shape, shape.rank()), aligned_strides(yes.shape, shape.rank()),
                           aligned_strides(no.shape, shape.rank())};
  for_each_place(shape, strides, {0, 0, 0}, [&](int64_t, const std::array<int64_t, 3>& at) {
    const bool chosen = condition.integers[static_cast<size_t>(at[0])] != 0;
    const Numbers& from = chosen ? yes : no;
    const auto place = static_cast<size_t>(chosen ? at[1] : at[2]);
    visit_values(result, from, [&](auto& to, const auto& values) { to.push_back(values[place]); });
  });
  return in.made_constant(node, std::move(result));
}

Constant fold_neg(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return -x; }, [](int64_t x) { return static_cast<int64_t>(-static_cast<uint64_t>(x)); });
}
Constant fold_abs(OnnxImporter& in, const OnnxNode& node) {
  return unary(
      in, node, [](double x) { return std::abs(x); },
      [](int64_t x) { return x < 0 ? static_cast<int64_t>(-static_cast<uint64_t>(x)) : x; });
}
Constant fold_not(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return x; }, [](int64_t x) { return int64_t{x == 0}; });
}
Constant fold_sqrt(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return std::sqrt(x); });
}
Constant fold_exp(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return std::exp(x); });
}
Constant fold_log(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return std::log(x); });
}
Constant fold_reciprocal(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return 1 / x; });
}
Constant fold_floor(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return std::floor(x); });
}
Constant fold_ceil(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return std::ceil(x); });
}

Constant fold_relu(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return x > 0 ? x : 0 * x; }, [](int64_t x) { return std::max<int64_t>(x, 0); });
}
Constant fold_sigmoid(OnnxImporter& in, const OnnxNode& node) {
  return unary(in, node, [](double x) { return 1 / (1 + std::exp(-x)); });
}

Constant fold_clip(OnnxImporter& in, const OnnxNode& node) {
  Numbers numbers = in.numbers(node, 0);
  if (!numbers.is_float()) {
    const auto bound = [&](size_t input, int64_t otherwise) {
      return in.has(node, input) ? in.integers(node, input, 1).at(0) : otherwise;
    };
    const int64_t least = bound(1, std::numeric_limits<int64_t>::min()), most = bound(2, std::numeric_limits<int64_t>::max());
    refuse_batch(in, node, numbers);
    for (int64_t& value : numbers.integers) value = std::min(std::max(value, least), most);
    return in.made_constant(node, std::move(numbers));
  }
  constexpr float kLargest = std::numeric_limits<float>::infinity();
  const float least = in.has(node, 1) ? in.scalar(node, 1) : in.number(node, "min", -kLargest);
  const float most = in.has(node, 2) ? in.scalar(node, 2) : in.number(node, "max", kLargest);
  if (!(least <= most)) in.refuse(node, fmt::format("its bounds {} and {} are not in order", least, most));
  for (float& value : numbers.floats) value = std::clamp(value, least, most);
  return in.made_constant(node, std::move(numbers));
}

// Half and double floats are widened and rounded where they are read, so that a Cast between floats changes nothing.
Constant fold_cast(OnnxImporter& in, const OnnxNode& node) {
  const auto to = static_cast<OnnxType>(in.integer(node, "to", 0));
  if (const Constant& from = in.constant(node, 0); is_float(from.type) && is_float(to)) return fold_identity(in, node);
  Numbers numbers = in.numbers(node, 0);
  if (is_float(to)) {
    refuse_batch(in, node, numbers);
    numbers.floats.assign(numbers.integers.begin(), numbers.integers.end());
    numbers.integers.clear();
  } else if (numbers.is_float()) {
    for (const float value : numbers.floats) {
      if (!(std::abs(value) < 0x1p62F)) in.refuse(node, fmt::format("{} is no whole number of 64 bits", value));
      numbers.integers.push_back(to == OnnxType::kBool ? int64_t{value != 0} : static_cast<int64_t>(value));
    }
    numbers.floats.clear();
  } else if (to == OnnxType::kBool) {
    for (int64_t& value : numbers.integers) value = int64_t{value != 0};
  }
  numbers.type = to;
  return in.made_constant(node, std::move(numbers));
}

}  // namespace residual::io
