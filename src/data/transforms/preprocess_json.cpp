// The list of steps as JSON text, for the model file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "core/text.h"
#include "data/transforms/preprocess.h"

namespace residual::data {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxText = size_t{1} << 16;

template <typename... Args>
[[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) {
  fail(ErrorKind::kBadFile, "the preprocessing steps cannot be used: {}", fmt::format(format, std::forward<Args>(args)...));
}

std::vector<double> each_shortest(const std::vector<float>& values) {
  std::vector<double> result;
  for (float value : values) result.push_back(shortest(value));
  return result;
}

Json resizing(std::string_view name, Json size, Filter filter, bool antialias) {
  Json json = {{"step", name}, {"size", std::move(size)}, {"filter", name_of(filter)}};
  if (!antialias) json["antialias"] = false;
  return json;
}

constexpr std::string_view kCorners[] = {"top_left", "top_right", "bottom_left", "bottom_right"};  // in the order of Corner

std::string_view corner_name(Corner corner) {
  return kCorners[static_cast<size_t>(corner)];
}

Json step_to_json(const Step& step) {
  return std::visit(
      [](const auto& s) -> Json {
        using Kind = std::decay_t<decltype(s)>;
        if constexpr (std::is_same_v<Kind, DecodeStep>) {
          Json json = {{"step", "decode"}, {"channels", s.channels}};
          if (s.exif_orientation) json["exif_orientation"] = true;
          return json;
        }
        if constexpr (std::is_same_v<Kind, RequireSizeStep>)
          return {{"step", "require_size"}, {"size", {s.size.height, s.size.width}}};
        if constexpr (std::is_same_v<Kind, ResizeStep>)
          return resizing("resize", {s.size.height, s.size.width}, s.filter, s.antialias);
        if constexpr (std::is_same_v<Kind, ResizeShorterStep>) return resizing("resize_shorter", s.size, s.filter, s.antialias);
        if constexpr (std::is_same_v<Kind, CenterCropStep>)
          return {{"step", "center_crop"}, {"size", {s.size.height, s.size.width}}};
        if constexpr (std::is_same_v<Kind, CornerCropStep>)
          return {{"step", "corner_crop"}, {"size", {s.size.height, s.size.width}}, {"corner", corner_name(s.corner)}};
        if constexpr (std::is_same_v<Kind, MirrorStep>) return {{"step", "mirror"}};
        if constexpr (std::is_same_v<Kind, DivideStep>) return {{"step", "divide"}, {"by", shortest(s.by)}};
        if constexpr (std::is_same_v<Kind, ScaleStep>) return {{"step", "scale"}, {"by", shortest(s.by)}};
        if constexpr (std::is_same_v<Kind, NormalizeStep>)
          return {{"step", "normalize"}, {"mean", each_shortest(s.mean)}, {"std", each_shortest(s.std)}};
      },
      step);
}

// One step's object; every key must be known and present.
class Reader {
 public:
  Reader(const nlohmann::json& json, size_t index) : json_(json), index_(index) {
    if (!json.is_object()) bad("step {} is no object", index);
    name_ = text("step");
  }

  const std::string& name() const { return name_; }

  void only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : json_.items()) {
      if (key != "step" && std::find(keys.begin(), keys.end(), key) == keys.end())
        bad("step {} ({}) has an unknown key '{}'", index_, name_, printable(key));
    }
  }
  int64_t whole(std::string_view key) const { return whole(at(key), key); }
  Size2 size() const {
    const nlohmann::json& pair = at("size");
    if (!pair.is_array() || pair.size() != 2) bad("step {} ({}): 'size' is not [height, width]", index_, name_);
    return {whole(pair[0], "size"), whole(pair[1], "size")};
  }
  float number(std::string_view key) const { return number(at(key), key); }
  std::vector<float> numbers(std::string_view key) const {
    const nlohmann::json& list = at(key);
    if (!list.is_array() || list.size() > 16)
      bad("step {} ({}): '{}' is no list of a number for each channel", index_, name_, key);
    std::vector<float> values;
    for (const nlohmann::json& each : list) values.push_back(number(each, key));
    return values;
  }
  Filter filter() const { return json_.contains("filter") ? filter_named(printable(text("filter"))) : Filter::kBilinear; }
  bool flag(std::string_view key, bool standard) const {
    if (!json_.contains(key)) return standard;
    if (!at(key).is_boolean()) bad("step {} ({}): '{}' is not true or false", index_, name_, key);
    return at(key).get<bool>();
  }
  bool antialias() const { return flag("antialias", true); }
  Corner corner() const {
    const std::string name = text("corner");
    const auto* found = std::ranges::find(kCorners, name);
    if (found == std::end(kCorners)) bad("step {} ({}): no corner is called '{}'", index_, name_, printable(name));
    return static_cast<Corner>(found - kCorners);
  }

 private:
  const nlohmann::json& at(std::string_view key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) bad("step {} ({}) has no '{}'", index_, name_, key);
    return *found;
  }
  std::string text(std::string_view key) const {
    if (!at(key).is_string()) bad("step {}: '{}' is no text", index_, key);
    return at(key).get<std::string>();
  }
  int64_t whole(const nlohmann::json& value, std::string_view key) const {
    const bool fits = value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t{1} << 62);
    if (!fits) bad("step {} ({}): '{}' is no whole number", index_, name_, key);
    return value.get<int64_t>();
  }
  float number(const nlohmann::json& value, std::string_view key) const {
    if (!value.is_number() || std::abs(value.get<double>()) > std::numeric_limits<float>::max()) {
      bad("step {} ({}): '{}' is no number that fits", index_, name_, key);
    }
    return static_cast<float>(value.get<double>());
  }

  const nlohmann::json& json_;
  size_t index_;
  std::string name_;
};

Step step_from_json(const nlohmann::json& json, size_t index) {
  const Reader in(json, index);
  const auto is = [&](std::string_view name, std::initializer_list<std::string_view> keys) {
    if (in.name() != name) return false;
    in.only(keys);
    return true;
  };
  if (is("decode", {"channels", "exif_orientation"})) return DecodeStep{in.whole("channels"), in.flag("exif_orientation", false)};
  if (is("require_size", {"size"})) return RequireSizeStep{in.size()};
  if (is("resize", {"size", "filter", "antialias"})) return ResizeStep{in.size(), in.filter(), in.antialias()};
  if (is("resize_shorter", {"size", "filter", "antialias"}))
    return ResizeShorterStep{in.whole("size"), in.filter(), in.antialias()};
  if (is("center_crop", {"size"})) return CenterCropStep{in.size()};
  if (is("corner_crop", {"size", "corner"})) return CornerCropStep{in.size(), in.corner()};
  if (is("mirror", {})) return MirrorStep{};
  if (is("divide", {"by"})) return DivideStep{in.number("by")};
  if (is("scale", {"by"})) return ScaleStep{in.number("by")};
  if (is("normalize", {"mean", "std"})) return NormalizeStep{in.numbers("mean"), in.numbers("std")};
  bad("step {} is '{}'; known are decode, require_size, resize, resize_shorter, center_crop, corner_crop, mirror, divide, scale, "
      "normalize",
      index, printable(in.name()));
}

nlohmann::json parse(std::string_view text) {
  if (text.size() > kMaxText) bad("the text has {} bytes, at most {} are expected", text.size(), kMaxText);
  return parse_json(text, "the preprocessing steps cannot be used");
}

}  // namespace

Preprocessing Preprocessing::from_json(std::string_view text) {
  const nlohmann::json json = parse(text);
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
