#include "data/transforms/transform.h"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json_text.h"

namespace residual::data {
namespace {

// A member with a wrong signature would otherwise be a transform that does nothing.
template <typename... T>
constexpr bool all_do_something(std::type_identity<std::variant<T...>>) {
  return ((Pointwise<T> || InPlace<T> || Moving<T> || std::same_as<T, Decode> || std::same_as<T, RequireSize>) && ...);
}
static_assert(all_do_something(std::type_identity<Transform>{}));

// Reads a T into `found` when that is the object's step.
template <typename T>
bool read_as(Fields& fields, std::optional<Transform>& found) {
  if (fields.step() != T::kName) return false;
  T transform;
  transform.fields(fields);
  fields.refuse_others();
  found = std::move(transform);
  return true;
}

template <typename... T>
Transform read_one_of(std::type_identity<std::variant<T...>>, Fields& fields, size_t index) {
  std::optional<Transform> found;
  if (!(read_as<T>(fields, found) || ...)) {
    fail(ErrorKind::kUsage, "step {} is '{}'; known are {}", index, printable(fields.step()),
         fmt::join(std::vector<std::string_view>{T::kName...}, ", "));
  }
  return *std::move(found);
}

}  // namespace

bool is_pointwise(const Transform& transform) {
  return std::visit([]<typename T>(const T&) { return Pointwise<T>; }, transform);
}

bool is_random(const Transform& transform) {
  return std::visit([]<typename T>(const T&) { return T::kRandom; }, transform);
}

nlohmann::ordered_json to_json(const Transform& transform) {
  return std::visit(
      []<typename T>(T copy) {
        nlohmann::ordered_json json{{"step", T::kName}};
        Fields fields(json);
        copy.fields(fields);
        return json;
      },
      transform);
}

Transform transform_from_json(const nlohmann::json& json, size_t index) {
  Fields fields(json, index);
  return read_one_of(std::type_identity<Transform>{}, fields, index);
}

}  // namespace residual::data
