#include "cli/network_options.h"

#include "core/error.h"
#include "models/table.h"

namespace residual::cli {
namespace {

// One of two words, or no choice.
std::optional<bool> either(const std::string& option, const std::string& word, std::string_view yes, std::string_view no) {
  if (word.empty()) return std::nullopt;
  if (word == yes || word == no) return word == yes;
  fail(ErrorKind::kUsage, "{} is '{}', expected {} or {}", option, word, yes, no);
}

}  // namespace

void NetworkOptions::add_choices_to(CLI::App& command) {
  const auto add = [&](const char* name, std::string& value, const char* help) {
    command.add_option(name, value, help)->group("Network");
  };
  add("--shortcut", shortcut, "A (zero padding), B (projection where dimensions change), C (projection everywhere) or none");
  add("--shortcut-pool", shortcut_pool, "How shortcuts get smaller: subsample, max or average");
  add("--norm", norm, "batch, or none: convolutions have biases then");
  add("--stem", stem, "small: a 3x3 convolution and no pooling, for small pictures; or published");
  add("--block", block, "separable: depthwise 3x3 and pointwise 1x1 in place of each 3x3; or standard");
  command.add_flag("--stride-on-1x1", stride_on_1x1, "Bottlenecks as in the paper, not as in torchvision")->group("Network");
}

void NetworkOptions::add_to(CLI::App& command) {
  command
      .add_option("--input", input,
                  "Size that pictures are brought to, CxHxW (default: as the data; above 64 pixels as published)")
      ->group("Network");
  add_choices_to(command);
}

bool NetworkOptions::any() const {
  return stride_on_1x1 || !(shortcut.empty() && shortcut_pool.empty() && norm.empty() && stem.empty() && block.empty());
}

void NetworkOptions::apply(models::Architecture& architecture) const {
  if (!shortcut.empty()) architecture.shortcut = models::shortcut_named(shortcut);
  if (!shortcut_pool.empty()) architecture.shrink = models::shrink_named(shortcut_pool);
  if (!norm.empty()) architecture.norm = models::norm_named(norm);
  architecture.small_stem = either("--stem", stem, "small", "published");
  architecture.separable = either("--block", block, "separable", "standard");
  if (stride_on_1x1) architecture.stride_on_1x1 = true;
  if (any()) models::described(architecture);
}

bool is_description(const std::string& model) {
  return model.ends_with(".json") || model.ends_with(".toml");
}

models::Architecture architecture_named(const std::string& model) {
  models::Architecture result;
  if (is_description(model)) {
    result.description = models::read_description(model);
    result.model = result.description->name;
    result.input = result.description->input;
    result.classes = result.description->classes;
    return result;
  }
  const models::ModelEntry entry = models::find_model(model);
  result.model = entry.name;
  result.input = entry.input;
  result.classes = entry.classes;
  return result;
}

}  // namespace residual::cli
