#include "core/json_text.h"

#include <set>
#include <vector>

namespace residual {

std::string printable(std::string_view text, size_t most) {
  std::string result(text.substr(0, most));
  for (size_t i = 0; i < result.size(); ++i) {
    const auto byte = static_cast<unsigned char>(result[i]);
    if (byte < 0x20 || byte == 0x7f) result[i] = '?';
    // In UTF-8 the other control characters, which a terminal obeys too, are C2 followed by 80 … 9F.
    if (byte == 0xC2 && i + 1 < result.size() && (static_cast<unsigned char>(result[i + 1]) & 0xE0) == 0x80)
      result[i] = result[i + 1] = '?';
  }
  if (text.size() > most) {
    while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0xC0) == 0x80)
      result.pop_back();  // half a UTF-8 character
    if (!result.empty() && (static_cast<unsigned char>(result.back()) & 0x80) != 0) result.pop_back();
    result += "...";
  }
  return result;
}

nlohmann::json parse_json(std::string_view text, std::string_view what, ErrorKind kind) {
  using nlohmann::json;
  // nlohmann's lexer takes a zero byte for the end of the text and would ignore what follows.
  if (text.find('\0') != std::string_view::npos) fail(kind, "{}: the JSON text contains a zero byte", what);
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if ((event == json::parse_event_t::object_start || event == json::parse_event_t::array_start) && depth >= kMaxJsonDepth) {
      fail(kind, "{}: JSON nested deeper than {} levels", what, kMaxJsonDepth);
    }
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      fail(kind, "{}: the key '{}' occurs twice", what, printable(parsed.get<std::string>()));
    }
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::parse_error& error) {
    fail(kind, "{}: not valid JSON at byte {} of {}", what, error.byte, text.size());
  } catch (const json::exception& error) {
    fail(kind, "{}: not valid JSON: {}", what, printable(error.what()));
  }
}

std::string indented(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace residual
