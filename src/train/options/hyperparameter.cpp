#include "train/options/hyperparameter.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace residual::train {
namespace {

template <typename T>
constexpr bool is_optional = false;
template <typename T>
constexpr bool is_optional<std::optional<T>> = true;

// Calls use(value) with the field's value in its type.
template <typename Values, typename Use>
auto visit(const Field& field, Values& values, const Use& use) {
  return std::visit([&](const auto member) { return use(values.*member); }, field);
}

// The numbers in a field: one, none of an empty one, those of a list.
std::vector<double> numbers_of(const Field& field, const Hyperparameters& values) {
  return visit(field, values, []<typename T>(const T& value) -> std::vector<double> {
    if constexpr (is_optional<T>) {
      return value ? std::vector{static_cast<double>(*value)} : std::vector<double>{};
    } else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
      return {value.begin(), value.end()};
    } else if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      return {static_cast<double>(value)};
    } else {
      return {};
    }
  });
}

}  // namespace

bool Range::contains(double number) const noexcept {
  return std::isfinite(number) && (least_open ? number > least : number >= least) && (most_open ? number < most : number <= most);
}

std::string Range::to_text() const {
  if (std::isinf(least) && std::isinf(most)) return "a finite number";
  if (std::isinf(most)) return fmt::format("{} {}", least_open ? "a number above" : "a number of at least", least);
  if (least_open || most_open)
    return fmt::format("a number within {}{}, {}{}", least_open ? '(' : '[', least, most, most_open ? ')' : ']');
  return fmt::format("{} to {}", least, most);
}

bool Hyperparameter::given(const Hyperparameters& values) const {
  return std::visit([&](const auto member) { return values.*member != Hyperparameters{}.*member; }, field);
}

void Hyperparameter::complete(Hyperparameters& values) const {
  if (!by_default) return;
  visit(field, values, [&]<typename T>(T& value) {
    if constexpr (is_optional<T>) {
      if (!value) value = static_cast<typename T::value_type>(*by_default);
    }
  });
}

void Hyperparameter::check(const Hyperparameters& values, std::string_view what) const {
  for (const double number : numbers_of(field, values)) {
    if (!range.contains(number)) fail(ErrorKind::kUsage, "{} is {}, expected {}", what, number, range.to_text());
  }
}

nlohmann::json Hyperparameter::to_json(const Hyperparameters& values) const {
  return visit(field, values, []<typename T>(const T& value) -> nlohmann::json {
    if constexpr (std::is_enum_v<T>) {
      return name_of(value);
    } else if constexpr (is_optional<T>) {
      return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
    } else {
      return value;
    }
  });
}

}  // namespace residual::train
