#include "models/named_networks.h"

#include "core/json_text.h"
#include "models/table.h"

namespace residual::models {

StemChoice stem_choice_named(std::string_view name) {
  if (name == "published") return StemChoice::kPublished;
  if (name == "small") return StemChoice::kSmall;
  fail(ErrorKind::kUsage, "the stem is '{}', expected small or published", printable(name));
}

BlockChoice block_choice_named(std::string_view name) {
  if (name == "standard") return BlockChoice::kStandard;
  if (name == "separable") return BlockChoice::kSeparable;
  fail(ErrorKind::kUsage, "the block is '{}', expected separable or standard", printable(name));
}

bool stem_pool_named(std::string_view name) {
  if (name == "max") return true;
  if (name == "none") return false;
  fail(ErrorKind::kUsage, "the stem's pooling is '{}', expected max or none", printable(name));
}

std::vector<std::string> stem_choice_names() {
  return {"published", "small"};
}

std::vector<std::string> stem_pool_names() {
  return {"max", "none"};
}

std::vector<std::string> block_choice_names() {
  return {"standard", "separable"};
}

void choose(const NetworkChoices& choices, Architecture& architecture) {
  if (choices.shortcut) architecture.shortcut = choices.shortcut;
  if (choices.shortcut_pool) architecture.shortcut_pool = choices.shortcut_pool;
  if (choices.norm) architecture.norm = choices.norm;
  if (choices.stem) architecture.small_stem = choices.stem == StemChoice::kSmall;
  if (choices.block) architecture.separable = choices.block == BlockChoice::kSeparable;
  if (choices.stride_on_1x1) architecture.stride_on_1x1 = choices.stride_on_1x1;
  if (choices.stem_pool) architecture.stem_pool = choices.stem_pool;
  if (choices.output_stride) architecture.output_stride = choices.output_stride;
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
