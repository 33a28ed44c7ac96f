#include "data/transforms/random/augmentation.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"

namespace residual::data {
namespace {

// Calls use(type of the transform) for every random transform in the order of the table.
template <typename Use, typename... T>
void for_each_random(std::type_identity<std::variant<T...>>, Use use) {
  const auto one = [&]<typename Each>(std::type_identity<Each> type) {
    if constexpr (Each::kRandom) use(type);
  };
  (one(std::type_identity<T>{}), ...);
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('+', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace

std::vector<std::string_view> augmentation_names() {
  std::vector<std::string_view> names;
  for_each_random(std::type_identity<Transform>{}, [&]<typename T>(std::type_identity<T>) { names.push_back(T::kAugmentation); });
  return names;
}

std::vector<Transform> augmentation_named(std::string_view text, const TrainingImages& images) {
  std::vector<Transform> transforms;
  if (text == "none") return transforms;
  const std::vector<std::string_view> parts = parts_of(text), known = augmentation_names();
  for (const std::string_view part : parts) {
    if (text == "auto" || std::ranges::find(known, part) != known.end()) continue;
    fail(ErrorKind::kUsage, "no augmentation is called '{}'; known are auto, none, and {}, several joined by '+'",
         printable(part), fmt::join(known, ", "));
  }
  for_each_random(std::type_identity<Transform>{}, [&]<typename T>(std::type_identity<T>) {
    const bool chosen = std::ranges::find(parts, T::kAugmentation) != parts.end();
    if (!(text == "auto" ? T::suits(images) : chosen)) return;
    if (const std::optional<T> transform = T::for_images(images)) transforms.emplace_back(*transform);
  });
  return transforms;
}

TransformList augmented(const TransformList& preprocessing, std::span<const Transform> augmentation) {
  std::vector<Transform> transforms = preprocessing.transforms();
  transforms.insert(transforms.end(), augmentation.begin(), augmentation.end());
  return TransformList(std::move(transforms));
}

}  // namespace residual::data
