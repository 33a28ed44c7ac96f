#include "models/toml_text.h"

#include <sstream>
#include <stdexcept>

#include "core/json_text.h"

// toml++ 3.3 takes for granted what hostile text can break: "[[[[" reaches parse_key. What it asserts is refused instead; where
// NDEBUG is defined it would be undefined behaviour.
#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? static_cast<void>(0) : throw std::runtime_error("unexpected text"))
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wexceptions"
#else
#pragma GCC diagnostic ignored "-Wterminate"
#endif
#include <toml++/toml.h>
#pragma GCC diagnostic pop

namespace residual::models {

nlohmann::json json_from_toml(std::string_view text, std::string_view what) {
  std::ostringstream json;
  try {
    json << toml::json_formatter{toml::parse(text)};
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::kBadFile, "{}: not valid TOML in line {}: {}", what, error.source().begin.line, shown(error.description()));
  } catch (const std::runtime_error& error) {
    fail(ErrorKind::kBadFile, "{}: not valid TOML: {}", what, error.what());
  }
  return parse_json(json.str(), what);
}

}  // namespace residual::models
