#include "data/labels.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/json_text.h"
#include "core/log.h"
#include "core/system/file.h"

namespace residual::data {
namespace {

constexpr size_t kMostText = size_t{64} << 20;

// The class names of timm and of Hugging Face's transformers; null where there are none.
const nlohmann::json* names_in(const nlohmann::json& config) {
  for (const char* key : {"label_names", "id2label"}) {
    if (config.is_object() && config.contains(key) && !config[key].is_null()) return &config[key];
  }
  return nullptr;
}

class Labels {
 public:
  explicit Labels(std::string_view name) : name_(name) {}

  std::vector<std::string> from_lines(std::string_view text) {
    while (!text.empty()) {
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      // Empty lines may follow the last name.
      if (line.empty() && text.find_first_not_of("\r\n") == std::string_view::npos) break;
      add(std::string(line));
    }
    return finish();
  }

  std::vector<std::string> from_json(std::string_view text) {
    const nlohmann::json json = parse_json(text, fmt::format("'{}'", name_));
    const nlohmann::json* const names = names_in(json);
    return from_value(names != nullptr ? *names : json);
  }

  std::vector<std::string> from_value(const nlohmann::json& json) {
    if (json.is_array()) {
      for (const nlohmann::json& value : json) add(text_of(value));
      return finish();
    }
    if (!json.is_object()) bad("it is neither a list nor an object");
    names_.resize(json.size());
    for (const auto& [key, value] : json.items()) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (error != std::errc{} || end != key.data() + key.size() || index >= names_.size() || !names_[index].empty())
        bad(fmt::format("'{}' is not an index of its {} classes", printable(key), json.size()));
      names_[index] = text_of(value);
      check(names_[index], index);
    }
    return finish();
  }

 private:
  [[noreturn]] void bad(const std::string& what) const {
    fail(ErrorKind::kBadFile, "'{}' is not a usable list of class names: {}", name_, what);
  }

  std::string text_of(const nlohmann::json& value) const {
    const nlohmann::json& text = value.is_array() && !value.empty() ? value.back() : value;
    if (!text.is_string()) bad("a name is not a string");
    return text.get<std::string>();
  }

  void add(std::string name) {
    check(name, names_.size());
    names_.push_back(std::move(name));
  }

  void check(const std::string& name, size_t index) const {
    if (name.empty()) bad(fmt::format("the name of class {} is empty", index));
    // JSON has been checked already, lines have not.
    if (name.find('\0') != std::string::npos) bad(fmt::format("the name of class {} contains a zero byte", index));
    try {
      (void)nlohmann::json(name).dump();
    } catch (const nlohmann::json::exception&) {
      bad(fmt::format("the name of class {} is not UTF-8", index));
    }
  }

  std::vector<std::string> finish() {
    if (names_.empty()) bad("it is empty");
    return std::move(names_);
  }

  std::string_view name_;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> parse_labels(std::string_view text, std::string_view name) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const size_t start = text.find_first_not_of(" \t\r\n");
  const bool json = start != std::string_view::npos && (text[start] == '[' || text[start] == '{');
  return json ? Labels(name).from_json(text) : Labels(name).from_lines(text);
}

std::vector<std::string> config_labels(const nlohmann::json& config, std::string_view name) {
  const nlohmann::json* const names = names_in(config);
  return names != nullptr ? Labels(name).from_value(*names) : std::vector<std::string>();
}

std::vector<std::string> read_labels(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path, kMostText);
  std::vector<std::string> labels = parse_labels({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
  std::vector<std::string> sorted = labels;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end())
    warn("'{}' has more than one class '{}'; predictions do not distinguish them", path.string(), printable(*twice));
  return labels;
}

}  // namespace residual::data
