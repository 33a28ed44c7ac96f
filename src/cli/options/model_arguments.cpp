#include "cli/options/model_arguments.h"

#include <fmt/ranges.h>

#include <utility>

#include "cli/inputs/fetched.h"
#include "cli/options/arguments.h"
#include "cli/options/listed_values.h"
#include "core/error.h"
#include "data/preprocessing/presets.h"
#include "models/named_networks.h"

namespace residual::cli {

void add_weights_in(CLI::App& command, std::string& weights_in) {
  command
      .add_option(
          "--weights-in", weights_in,
          "Which of several weights in one file to read, by the keys or names that lead to them: state_dict_ema, model.backbone")
      ->group("Weights");
}

void WeightsArguments::add_to(CLI::App& command) {
  suggest(
      command
          .add_option("--model", network, "The network or its description, where neither the file nor its tensors identify it")
          ->group("Weights"),
      models::model_names());
  command
      .add_option("--input", network_options.input,
                  "Size of the images that the network takes, CxHxW, where the file does not say it (default: as --preprocess "
                  "or the network was published)")
      ->group("Weights");
  network_options.add_choices_to(command);
  add_weights_in(command, weights_in);
  suggest(command
              .add_option("--preprocess", preprocess,
                          fmt::format("Preprocessing of images, in place of the file's: {}, timm's config.json, Hugging Face's "
                                      "preprocessor_config.json, or a file of steps",
                                      fmt::join(data::preset_names(), ", ")))
              ->group("Weights"),
          data::preset_names());
}

convert::LoadOptions WeightsArguments::options() const {
  convert::LoadOptions result;
  if (!network.empty()) {
    result.architecture = models::architecture_of(network);
    models::choose(network_options.choices(), *result.architecture);
  } else {
    result.choices = network_options.choices();
  }
  if (!network_options.input.empty()) result.input = parse_input(network_options.input);
  result.preprocessing = preprocess;
  result.weights_in = weights_in;
  return result;
}

void ModelArguments::add_to(CLI::App& command) {
  suggest(command
              .add_option(
                  "MODEL", file,
                  "A model file, the folder of a training run, safetensors or PyTorch weights (.pth, .pt, .th), ONNX, a folder "
                  "with config.json and weights, or published weights by a name that `residual fetch --list` shows")
              ->required(),
          published_weights());
  weights.add_to(command);
}

convert::LoadedModel ModelArguments::load() const {
  return load_model(file, weights.options());
}

eval::Model ModelArguments::load_for_images() const {
  convert::LoadedModel loaded = load();
  if (!loaded.model.preprocessing_known) refuse_unprepared(file);
  return std::move(loaded.model);
}

void refuse_unprepared(const std::string& file) {
  fail(ErrorKind::kUsage, "'{}' does not say how its images are preprocessed; specify it with --preprocess, one of {}, or a file",
       file, fmt::join(data::preset_names(), ", "));
}

}  // namespace residual::cli
