// The list of steps as JSON text, for the model file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "data/preprocess.h"

namespace residual::data {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxText = size_t{1} << 16;

template <typename... Args>
[[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) {
  fail(ErrorKind::kBadFile, "the model's preparation steps cannot be used: {}", fmt::format(format, std::forward<Args>(args)...));
}

// The double that prints as shortly as the float does and reads back as it: 0.4914, not 0.4914000034332275.
double tidy(float value) {
  const double shortest = std::stod(fmt::format("{}", value));
  return static_cast<float>(shortest) == value ? shortest : static_cast<double>(value);
}

std::vector<double> tidy(const std::vector<float>& values) {
  std::vector<double> result;
  for (float value : values) result.push_back(tidy(value));
  return result;
}

Json resizing(std::string_view name, Json size, Filter filter, bool antialias) {
  Json json = {{"step", name}, {"size", std::move(size)}, {"filter", name_of(filter)}};
  if (!antialias) json["antialias"] = false;
  return json;
}

Json step_to_json(const Step& step) {
  return std::visit(
      [](const auto& s) -> Json {
        using Kind = std::decay_t<decltype(s)>;
        if constexpr (std::is_same_v<Kind, DecodeStep>) return {{"step", "decode"}, {"channels", s.channels}};
        if constexpr (std::is_same_v<Kind, RequireSizeStep>)
          return {{"step", "require_size"}, {"size", {s.size.height, s.size.width}}};
        if constexpr (std::is_same_v<Kind, ResizeStep>)
          return resizing("resize", {s.size.height, s.size.width}, s.filter, s.antialias);
        if constexpr (std::is_same_v<Kind, ResizeShorterStep>) return resizing("resize_shorter", s.size, s.filter, s.antialias);
        if constexpr (std::is_same_v<Kind, CenterCropStep>)
          return {{"step", "center_crop"}, {"size", {s.size.height, s.size.width}}};
        if constexpr (std::is_same_v<Kind, DivideStep>) return {{"step", "divide"}, {"by", tidy(s.by)}};
        if constexpr (std::is_same_v<Kind, ScaleStep>) return {{"step", "scale"}, {"by", tidy(s.by)}};
        if constexpr (std::is_same_v<Kind, NormalizeStep>)
          return {{"step", "normalize"}, {"mean", tidy(s.mean)}, {"std", tidy(s.std)}};
      },
      step);
}

// One step's object; every key must be known, present and used once.
class Reader {
 public:
  Reader(const Json& json, size_t index) : json_(json), index_(index) {
    if (!json.is_object()) bad("step {} is no object", index);
    name_ = text("step");
  }

  const std::string& name() const { return name_; }

  void only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : json_.items()) {
      if (key != "step" && std::find(keys.begin(), keys.end(), key) == keys.end())
        bad("step {} ({}) has an unknown key '{}'", index_, name_, key);
    }
  }
  int64_t whole(std::string_view key) const { return whole(at(key), key); }
  Size2 size() const {
    const Json& pair = at("size");
    if (!pair.is_array() || pair.size() != 2) bad("step {} ({}): 'size' is not [height, width]", index_, name_);
    return {whole(pair[0], "size"), whole(pair[1], "size")};
  }
  float number(std::string_view key) const { return number(at(key), key); }
  std::vector<float> numbers(std::string_view key) const {
    const Json& list = at(key);
    if (!list.is_array() || list.size() > 16)
      bad("step {} ({}): '{}' is no list of a number for each channel", index_, name_, key);
    std::vector<float> values;
    for (const Json& each : list) values.push_back(number(each, key));
    return values;
  }
  Filter filter() const { return json_.contains("filter") ? filter_named(text("filter")) : Filter::kBilinear; }
  bool antialias() const {
    if (!json_.contains("antialias")) return true;
    if (!at("antialias").is_boolean()) bad("step {} ({}): 'antialias' is not true or false", index_, name_);
    return at("antialias").get<bool>();
  }

 private:
  const Json& at(std::string_view key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) bad("step {} ({}) has no '{}'", index_, name_, key);
    return *found;
  }
  std::string text(std::string_view key) const {
    if (!at(key).is_string()) bad("step {}: '{}' is no text", index_, key);
    return at(key).get<std::string>();
  }
  int64_t whole(const Json& value, std::string_view key) const {
    const bool fits = value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t{1} << 62);
    if (!fits) bad("step {} ({}): '{}' is no whole number", index_, name_, key);
    return value.get<int64_t>();
  }
  float number(const Json& value, std::string_view key) const {
    if (!value.is_number() || std::abs(value.get<double>()) > std::numeric_limits<float>::max()) {
      bad("step {} ({}): '{}' is no number that fits", index_, name_, key);
    }
    return static_cast<float>(value.get<double>());
  }

  const Json& json_;
  size_t index_;
  std::string name_;
};

Step step_from_json(const Json& json, size_t index) {
  const Reader in(json, index);
  if (in.name() == "decode") return in.only({"channels"}), DecodeStep{in.whole("channels")};
  if (in.name() == "require_size") return in.only({"size"}), RequireSizeStep{in.size()};
  if (in.name() == "resize") return in.only({"size", "filter", "antialias"}), ResizeStep{in.size(), in.filter(), in.antialias()};
  if (in.name() == "resize_shorter") {
    return in.only({"size", "filter", "antialias"}), ResizeShorterStep{in.whole("size"), in.filter(), in.antialias()};
  }
  if (in.name() == "center_crop") return in.only({"size"}), CenterCropStep{in.size()};
  if (in.name() == "divide") return in.only({"by"}), DivideStep{in.number("by")};
  if (in.name() == "scale") return in.only({"by"}), ScaleStep{in.number("by")};
  if (in.name() == "normalize") return in.only({"mean", "std"}), NormalizeStep{in.numbers("mean"), in.numbers("std")};
  bad("step {} is '{}'; known are decode, require_size, resize, resize_shorter, center_crop, divide, scale, normalize", index,
      in.name());
}

Json parse(std::string_view text) {
  if (text.size() > kMaxText) bad("the text has {} bytes, at most {} are expected", text.size(), kMaxText);
  std::vector<std::set<std::string>>
      keys;  // of the objects that are open: the library itself would let the last of equal keys win
  const auto check = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      bad("the key '{}' appears twice in one step", value.get<std::string>());
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& error) {
    bad("they are no JSON ({})", error.what());
  }
}

}  // namespace

Preprocessing Preprocessing::from_json(std::string_view text) {
  const Json json = parse(text);
  if (!json.is_array()) bad("a list of steps was expected");
  std::vector<Step> steps;
  try {
    for (size_t i = 0; i < json.size(); ++i) steps.push_back(step_from_json(json[i], i));
    return Preprocessing(std::move(steps));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kUsage) bad("{}", error.what());
    throw;
  }
}

std::string Preprocessing::to_json() const {
  Json json = Json::array();
  for (const Step& step : steps_) json.push_back(step_to_json(step));
  return json.dump();
}

}  // namespace residual::data
