#include "cli/options/network_options.h"

#include "cli/options/listed_values.h"
#include "models/named_networks.h"

namespace residual::cli {

void NetworkOptions::add_choices_to(CLI::App& command) {
  const auto add = [&](const char* name, std::string& value, const char* help, const std::vector<std::string>& choices) {
    list_values(command.add_option(name, value, help)->group("Network"), choices);
  };
  add("--shortcut", shortcut, "Shortcuts with zero padding (A), projections where dimensions change (B) or everywhere (C)",
      models::shortcut_names());
  add("--shortcut-pool", shortcut_pool, "How shortcuts are reduced in size", models::shortcut_pool_names());
  add("--norm", norm, "Normalization after convolutions; without it they have biases", models::norm_names());
  add("--stem", stem, "Layers before the blocks; small is a 3x3 convolution without pooling, for small images",
      models::stem_choice_names());
  add("--stem-pool", stem_pool, "Pooling behind the stem; max is 3x3 of stride 2", models::stem_pool_names());
  add("--block", block, "3x3 convolutions of the blocks; separable ones are depthwise 3x3 and pointwise 1x1",
      models::block_choice_names());
  command.add_flag("--stride-on-1x1", stride_on_1x1, "Bottlenecks as in the paper, not as in torchvision")->group("Network");
  command
      .add_option("--output-stride", output_stride,
                  "Dilate the stages that would divide the image's size by more than 8, 16, …, in place of their stride")
      ->group("Network");
}

NetworkChoices NetworkOptions::choices() const {
  NetworkChoices result;
  if (!shortcut.empty()) result.shortcut = models::shortcut_named(shortcut);
  if (!shortcut_pool.empty()) result.shortcut_pool = models::shortcut_pool_named(shortcut_pool);
  if (!norm.empty()) result.norm = models::norm_named(norm);
  if (!stem.empty()) result.stem = models::stem_choice_named(stem);
  if (!block.empty()) result.block = models::block_choice_named(block);
  if (stride_on_1x1) result.stride_on_1x1 = true;
  if (!stem_pool.empty()) result.stem_pool = models::stem_pool_named(stem_pool);
  result.output_stride = output_stride;
  return result;
}

void NetworkOptions::add_to(CLI::App& command) {
  command
      .add_option("--input", input, "Size that images are brought to, CxHxW (default: as the data; above 64 pixels as published)")
      ->group("Network");
  add_choices_to(command);
}

}  // namespace residual::cli
