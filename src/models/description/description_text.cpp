// Descriptions as JSON and TOML.
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/limits.h"
#include "core/system/file.h"
#include "models/description/description.h"
#include "models/description/toml_text.h"

namespace residual::models {
namespace {

using Json = nlohmann::ordered_json;

// Each struct's keys in the order in which they are written; the one list serves reading and writing.
template <typename V>
void fields(StemConvolution& it, V&& visit) {
  visit("channels", it.channels);
  visit("kernel", it.kernel);
  visit("stride", it.stride);
}

template <typename V>
void fields(Stem& it, V&& visit) {
  visit("convolutions", it.convolutions);
  visit("norm", it.norm);
  visit("relu", it.relu);
  visit("max_pool", it.max_pool);
}

template <typename V>
void fields(Stage& it, V&& visit) {
  visit("blocks", it.blocks);
  visit("width", it.width);
  visit("stride", it.stride);
}

template <typename V>
void fields(Block& it, V&& visit) {
  visit("kind", it.kind);
  visit("pre_activation", it.pre_activation);
  visit("separable", it.separable);
  visit("groups", it.groups);
  visit("width_per_group", it.width_per_group);
  visit("stride_on_1x1", it.stride_on_1x1);
  visit("zero_last_gamma", it.zero_last_gamma);
}

template <typename V>
void fields(ShortcutChoice& it, V&& visit) {
  visit("kind", it.kind);
  visit("pool", it.pool);
  visit("norm", it.norm);
  visit("bias", it.bias);
}

template <typename V>
void fields(Head& it, V&& visit) {
  visit("hidden", it.hidden);
  visit("dropout", it.dropout);
}

template <typename V>
void fields(Names& it, V&& visit) {
  visit("stem", it.stem);
  visit("stem_norms", it.stem_norms);
  visit("block", it.block);
  visit("first_stage", it.first_stage);
  visit("convolutions", it.convolutions);
  visit("norms", it.norms);
  visit("projection", it.projection);
  visit("projection_norm", it.projection_norm);
  visit("final_norm", it.final_norm);
  visit("head", it.head);
}

template <typename V>
void fields(Description& it, V&& visit) {
  visit("name", it.name);
  visit("summary", it.summary);
  visit("input", it.input);
  visit("classes", it.classes);
  visit("stem", it.stem);
  visit("stages", it.stages);
  visit("output_stride", it.output_stride);
  visit("block", it.block);
  visit("shortcut", it.shortcut);
  visit("norm", it.norm);
  visit("bias", it.bias);
  visit("head", it.head);
  visit("names", it.names);
}

void from_word(const std::string& word, Shortcut& value) {
  value = shortcut_named(word);
}

void from_word(const std::string& word, ShortcutPool& value) {
  value = shortcut_pool_named(word);
}

void from_word(const std::string& word, Norm& value) {
  value = norm_named(word);
}

void from_word(const std::string& word, BlockKind& value) {
  value = block_kind_named(word);
}

struct Reader {
  static void read(const nlohmann::json& json, bool& value) {
    if (!json.is_boolean()) fail(ErrorKind::kUsage, "expected true or false");
    value = json.get<bool>();
  }

  static void read(const nlohmann::json& json, int64_t& value) {
    constexpr int64_t kMost = 1'000'000'000;
    if (!json.is_number_integer() || json.get<double>() > kMost || json.get<double>() < -kMost) {
      fail(ErrorKind::kUsage, "expected a whole number");
    }
    value = json.get<int64_t>();
  }

  static void read(const nlohmann::json& json, double& value) {
    if (!json.is_number()) fail(ErrorKind::kUsage, "expected a number");
    value = json.get<double>();
  }

  static void read(const nlohmann::json& json, std::string& value) {
    if (!json.is_string()) fail(ErrorKind::kUsage, "expected a text");
    value = json.get<std::string>();
  }

  template <typename T>
    requires std::is_enum_v<T>
  static void read(const nlohmann::json& json, T& value) {
    std::string word;
    read(json, word);
    from_word(word, value);
  }

  static void read(const nlohmann::json& json, Shape& value) {
    std::vector<int64_t> dims;
    read(json, dims);
    if (dims.size() != 3) fail(ErrorKind::kUsage, "expected channels, height and width");
    for (const int64_t dim : dims) {
      if (dim < 1 || dim > kMostSide) {
        fail(ErrorKind::kUsage, "expected channels, height and width within 1 … {}, not {}", kMostSide, fmt::join(dims, ", "));
      }
    }
    value = Shape(std::span<const int64_t>(dims));
  }

  template <typename T>
  static void read(const nlohmann::json& json, std::optional<T>& value) {
    if (json.is_null()) return value.reset();
    read(json, value.emplace());
  }

  template <typename T>
  static void read(const nlohmann::json& json, std::vector<T>& values) {
    constexpr size_t kMost = 64;
    if (!json.is_array() || json.size() > kMost) fail(ErrorKind::kUsage, "expected a list of at most {}", kMost);
    values.clear();
    for (const nlohmann::json& element : json) read(element, values.emplace_back());
  }

  template <typename T>
  static void read(const nlohmann::json& json, T& value) {
    if (!json.is_object()) fail(ErrorKind::kUsage, "expected named values");
    std::vector<std::string_view> known;
    fields(value, [&](const char* key, auto& field) {
      known.emplace_back(key);
      const auto found = json.find(key);
      if (found == json.end()) return;
      try {
        read(*found, field);
      } catch (const Error& error) {
        fail(ErrorKind::kUsage, "{}: {}", key, error.what());
      }
    });
    for (const auto& [key, unused] : json.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      fail(ErrorKind::kUsage, "'{}' is not known here; known are {}", printable(key), fmt::join(known, ", "));
    }
  }
};

template <typename T>
Json written(T& value);
template <typename T>
Json written(std::vector<T>& values);

// Adds `field` under its name; a choice that is not made is omitted.
struct Adder {
  Json& json;

  template <typename T>
  void operator()(const char* key, T& field) const {
    json[key] = written(field);
  }
  template <typename T>
  void operator()(const char* key, std::optional<T>& field) const {
    if (field) json[key] = written(*field);
  }
};

template <typename T>
Json written(std::vector<T>& values) {
  Json json = Json::array();
  for (T& value : values) json.push_back(written(value));
  return json;
}

template <typename T>
Json written(T& value) {
  if constexpr (std::is_enum_v<T>) {
    return name_of(value);
  } else if constexpr (std::is_same_v<T, Shape>) {
    return std::vector<int64_t>(value.dims().begin(), value.dims().end());
  } else if constexpr (requires { Json(value); }) {
    return value;
  } else {
    Json json = Json::object();
    fields(value, Adder{json});
    return json;
  }
}

// Version 0.1.0 has other names for two of the keys.
nlohmann::json renamed(nlohmann::json json) {
  const auto rename = [&](const char* section, const char* old_key, const char* key) {
    if (!json.is_object() || !json.contains(section)) return;
    nlohmann::json& keys = json.at(section);
    if (!keys.is_object() || !keys.contains(old_key) || keys.contains(key)) return;
    keys[key] = keys.at(old_key);
    keys.erase(old_key);
  };
  rename("shortcut", "shrink", "pool");
  rename("block", "zero_last_scale", "zero_last_gamma");
  return json;
}

Description description_from(const nlohmann::json& json, std::string_view what, std::string_view name) {
  try {
    Description description;
    Reader::read(renamed(json), description);
    if (description.name.empty()) description.name = name;
    check(description);
    return description;
  } catch (const Error& error) {
    fail(ErrorKind::kBadFile, "{}: {}", what, error.what());
  }
}

constexpr std::string_view kUnnamed = "described";

}  // namespace

std::string to_json(const Description& description) {
  Description copy = description;
  return written(copy).dump(2, ' ', false, Json::error_handler_t::replace);
}

Description description_from_json(std::string_view text, std::string_view what) {
  return description_from(parse_json(text, what), what, kUnnamed);
}

Description description_from_toml(std::string_view text, std::string_view what) {
  return description_from(json_from_toml(text, what), what, kUnnamed);
}

Description read_description(const std::filesystem::path& path) {
  constexpr size_t kMostBytes = size_t{1} << 20;
  const std::vector<std::byte> bytes = read_file(path, kMostBytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string what = fmt::format("'{}'", path.string());
  const bool toml = path.extension() == ".toml";
  if (!toml && path.extension() != ".json") fail(ErrorKind::kBadFile, "{}: a description ends in .json or .toml", what);
  return description_from(toml ? json_from_toml(text, what) : parse_json(text, what), what, path.stem().string());
}

}  // namespace residual::models
