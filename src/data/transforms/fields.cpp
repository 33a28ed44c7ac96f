#include "data/transforms/fields.h"

#include <fmt/ranges.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/json_text.h"
#include "core/text.h"

namespace residual::data {

Fields::Fields(const nlohmann::json& object, size_t index) : in_(&object), index_(index) {
  if (!object.is_object()) fail(ErrorKind::kUsage, "step {} is not an object", index);
  step_ = text("step");
}

void Fields::refuse_others() const {
  for (const auto& [key, value] : in_->items()) {
    if (std::ranges::find(read_, key) == read_.end())
      fail(ErrorKind::kUsage, "step {} ({}) has an unknown key '{}'", index_, step_, printable(key));
  }
}

bool Fields::has(std::string_view key) {
  return in_->contains(key);
}

const nlohmann::json& Fields::at(std::string_view key) {
  const auto found = in_->find(key);
  if (found == in_->end()) fail(ErrorKind::kUsage, "step {} ({}) has no '{}'", index_, step_, key);
  read_.push_back(key);
  return *found;
}

int64_t Fields::whole(const nlohmann::json& value, std::string_view key) const {
  const bool fits = value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t{1} << 62);
  if (!fits) fail(ErrorKind::kUsage, "step {} ({}): '{}' is not a whole number", index_, step_, key);
  return value.get<int64_t>();
}

float Fields::number(const nlohmann::json& value, std::string_view key) const {
  if (!value.is_number() || std::abs(value.get<double>()) > std::numeric_limits<float>::max())
    fail(ErrorKind::kUsage, "step {} ({}): '{}' is not a number that fits into a float", index_, step_, key);
  return static_cast<float>(value.get<double>());
}

std::string Fields::text(std::string_view key) {
  const nlohmann::json& value = at(key);
  if (!value.is_string()) fail(ErrorKind::kUsage, "step {}: '{}' is not a string", index_, key);
  return value.get<std::string>();
}

void Fields::choose(std::string_view key, size_t& index, std::span<const std::string_view> names) {
  if (out_ != nullptr) {
    (*out_)[std::string(key)] = names[index];
    return;
  }
  const std::string name = text(key);
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    fail(ErrorKind::kUsage, "step {} ({}): '{}' is '{}'; known are {}", index_, step_, key, printable(name),
         fmt::join(names, ", "));
  }
  index = static_cast<size_t>(found - names.begin());
}

void Fields::read(std::string_view key, int64_t& value) {
  value = whole(at(key), key);
}

void Fields::read(std::string_view key, float& value) {
  value = number(at(key), key);
}

void Fields::read(std::string_view key, bool& value) {
  const nlohmann::json& found = at(key);
  if (!found.is_boolean()) fail(ErrorKind::kUsage, "step {} ({}): '{}' is not true or false", index_, step_, key);
  value = found.get<bool>();
}

void Fields::read(std::string_view key, Size2& value) {
  const nlohmann::json& pair = at(key);
  if (!pair.is_array() || pair.size() != 2)
    fail(ErrorKind::kUsage, "step {} ({}): '{}' is not [height, width]", index_, step_, key);
  value = {whole(pair[0], key), whole(pair[1], key)};
}

void Fields::read(std::string_view key, std::vector<float>& value) {
  const nlohmann::json& list = at(key);
  if (!list.is_array() || list.size() > 16)
    fail(ErrorKind::kUsage, "step {} ({}): '{}' is not a list of one number for each channel", index_, step_, key);
  value.clear();
  for (const nlohmann::json& each : list) value.push_back(number(each, key));
}

void Fields::read(std::string_view key, Filter& value) {
  value = filter_named(printable(text(key)));
}

void Fields::write(std::string_view key, int64_t value) {
  (*out_)[std::string(key)] = value;
}

void Fields::write(std::string_view key, float value) {
  (*out_)[std::string(key)] = shortest(value);
}

void Fields::write(std::string_view key, bool value) {
  (*out_)[std::string(key)] = value;
}

void Fields::write(std::string_view key, Size2 value) {
  (*out_)[std::string(key)] = {value.height, value.width};
}

void Fields::write(std::string_view key, const std::vector<float>& value) {
  std::vector<double> numbers;
  for (const float each : value) numbers.push_back(shortest(each));
  (*out_)[std::string(key)] = std::move(numbers);
}

void Fields::write(std::string_view key, Filter value) {
  (*out_)[std::string(key)] = name_of(value);
}

}  // namespace residual::data
