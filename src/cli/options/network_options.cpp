#include "cli/options/network_options.h"

#include "models/choices.h"

namespace residual::cli {

void NetworkOptions::add_choices_to(CLI::App& command) {
  const auto add = [&](const char* name, std::string& value, const char* help) {
    command.add_option(name, value, help)->group("Network");
  };
  add("--shortcut", shortcut, "A (zero padding), B (projection where dimensions change), C (projection everywhere) or none");
  add("--shortcut-pool", shortcut_pool, "How shortcuts are reduced in size: subsample, max or average");
  add("--norm", norm, "batch, or none: convolutions have biases then");
  add("--stem", stem, "small: a 3x3 convolution and no pooling, for small images; or published");
  add("--stem-pool", stem_pool, "max: 3x3 max pooling of stride 2 behind the stem; or none");
  add("--block", block, "separable: depthwise 3x3 and pointwise 1x1 in place of each 3x3; or standard");
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
