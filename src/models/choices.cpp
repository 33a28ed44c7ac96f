#include "models/choices.h"

#include <string_view>

#include "core/json_text.h"
#include "models/table.h"

namespace residual::models {
namespace {

// One of two words, or no choice.
std::optional<bool> either(std::string_view what, const std::string& word, std::string_view yes, std::string_view no) {
  if (word.empty()) return std::nullopt;
  if (word == yes || word == no) return word == yes;
  fail(ErrorKind::kUsage, "the {} is '{}', expected {} or {}", what, printable(word), yes, no);
}

}  // namespace

bool Choices::any() const {
  return stride_on_1x1 || !(shortcut.empty() && shortcut_pool.empty() && norm.empty() && stem.empty() && block.empty());
}

void choose(const Choices& choices, Architecture& architecture) {
  if (!choices.shortcut.empty()) architecture.shortcut = shortcut_named(choices.shortcut);
  if (!choices.shortcut_pool.empty()) architecture.shortcut_pool = shortcut_pool_named(choices.shortcut_pool);
  if (!choices.norm.empty()) architecture.norm = norm_named(choices.norm);
  if (const auto small = either("stem", choices.stem, "small", "published")) architecture.small_stem = small;
  if (const auto separable = either("block", choices.block, "separable", "standard")) architecture.separable = separable;
  if (choices.stride_on_1x1) architecture.stride_on_1x1 = true;
  if (choices.any()) described(architecture);  // refuses what it does not have
}

bool is_description(const std::string& network) {
  return network.ends_with(".json") || network.ends_with(".toml");
}

Architecture architecture_of(const std::string& name_or_file) {
  if (!is_description(name_or_file)) return published(name_or_file);
  Architecture result;
  result.description = read_description(name_or_file);
  result.model = result.description->name;
  result.input = result.description->input;
  result.classes = result.description->classes;
  return result;
}

}  // namespace residual::models
