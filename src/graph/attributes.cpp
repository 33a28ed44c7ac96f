#include "graph/attributes.h"

#include <fmt/ranges.h>

#include <charconv>
#include <vector>

namespace residual {
namespace {

template <typename T>
T number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) fail(ErrorKind::kBadFile, "'{}' is not a number", text);
  return value;
}

// Sizes and counts: products of any two stay far within 64 bits, whatever the text says.
int64_t count(std::string_view text) {
  constexpr int64_t kMost = int64_t{1} << 30;
  const int64_t value = number<int64_t>(text);
  if (value < -kMost || value > kMost) fail(ErrorKind::kBadFile, "{} is out of range, numbers are within +-{}", text, kMost);
  return value;
}

std::vector<int64_t> dims(std::string_view text) {
  std::vector<int64_t> result;
  while (!text.empty()) {
    const size_t cross = text.find('x');
    result.push_back(count(text.substr(0, cross)));
    if (cross == std::string_view::npos) break;
    text.remove_prefix(cross + 1);
    if (text.empty()) fail(ErrorKind::kBadFile, "a list of dimensions ends with 'x'");
  }
  return result;
}

}  // namespace

std::string field_text(int64_t value) {
  return fmt::format("{}", value);
}
std::string field_text(double value) {
  return fmt::format("{}", value);
}
std::string field_text(bool value) {
  return value ? "true" : "false";
}
std::string field_text(DType value) {
  return std::string(name_of(value));
}
std::string field_text(const Size2& value) {
  return fmt::format("{}x{}", value.height, value.width);
}
std::string field_text(const Shape& value) {
  return to_string(value);
}
std::string field_text(const std::vector<int64_t>& value) {
  return fmt::format("[{}]", fmt::join(value, ","));
}
std::string field_text(const std::string& value) {
  std::string text = "\"";
  for (const char character : value) {
    if (character == '"' || character == '\\') text += '\\';
    text += character == '\n' ? "\\n" : std::string(1, character);
  }
  return text + '"';
}

void read_field(std::string_view text, int64_t& value) {
  value = count(text);
}
void read_field(std::string_view text, double& value) {
  value = number<double>(text);
}
void read_field(std::string_view text, bool& value) {
  if (text != "true" && text != "false") fail(ErrorKind::kBadFile, "'{}' is neither true nor false", text);
  value = text == "true";
}
void read_field(std::string_view text, DType& value) {
  value = dtype_named(text);
}
void read_field(std::string_view text, Size2& value) {
  const std::vector<int64_t> two = dims(text);
  if (two.size() != 2) fail(ErrorKind::kBadFile, "'{}' is not a height and a width such as 3x3", text);
  value = {two[0], two[1]};
}
void read_field(std::string_view text, Shape& value) {
  value = text == "scalar" ? Shape{} : Shape(std::span<const int64_t>(dims(text)));
}
void read_field(std::string_view text, std::vector<int64_t>& value) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']')
    fail(ErrorKind::kBadFile, "'{}' is not a list such as [0,1]", text);
  value.clear();
  for (std::string_view rest = text.substr(1, text.size() - 2); !rest.empty();) {
    const size_t comma = rest.find(',');
    value.push_back(count(rest.substr(0, comma)));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (rest.empty() && comma != std::string_view::npos) fail(ErrorKind::kBadFile, "the list '{}' ends with a comma", text);
  }
}
void read_field(std::string_view text, std::string& value) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') fail(ErrorKind::kBadFile, "'{}' is not quoted", text);
  const std::string_view inner = text.substr(1, text.size() - 2);
  value.clear();
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      value += inner[i];
      continue;
    }
    if (++i == inner.size()) fail(ErrorKind::kBadFile, "'{}' ends in an escape", text);
    if (inner[i] != 'n' && inner[i] != '"' && inner[i] != '\\') fail(ErrorKind::kBadFile, "'\\{}' is not an escape", inner[i]);
    value += inner[i] == 'n' ? '\n' : inner[i];
  }
}

Attributes Attributes::parsed(const std::map<std::string, std::string>& texts) const {
  Attributes result;
  if (held_)
    result.held_ = held_->parsed(texts);
  else if (!texts.empty())
    fail(ErrorKind::kBadFile, "an op without attributes was given {}", texts.size());
  return result;
}

}  // namespace residual
