#include "cli/options/network_options.h"

namespace residual::cli {

void NetworkOptions::add_choices_to(CLI::App& command) {
  const auto add = [&](const char* name, std::string& value, const char* help) {
    command.add_option(name, value, help)->group("Network");
  };
  add("--shortcut", choices.shortcut,
      "A (zero padding), B (projection where dimensions change), C (projection everywhere) or none");
  add("--shortcut-pool", choices.shortcut_pool, "How shortcuts get smaller: subsample, max or average");
  add("--norm", choices.norm, "batch, or none: convolutions have biases then");
  add("--stem", choices.stem, "small: a 3x3 convolution and no pooling, for small images; or published");
  add("--block", choices.block, "separable: depthwise 3x3 and pointwise 1x1 in place of each 3x3; or standard");
  command.add_flag("--stride-on-1x1", choices.stride_on_1x1, "Bottlenecks as in the paper, not as in torchvision")
      ->group("Network");
}

void NetworkOptions::add_to(CLI::App& command) {
  command
      .add_option("--input", input, "Size that images are brought to, CxHxW (default: as the data; above 64 pixels as published)")
      ->group("Network");
  add_choices_to(command);
}

}  // namespace residual::cli
