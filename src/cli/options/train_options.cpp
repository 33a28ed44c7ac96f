#include "cli/options/train_options.h"

#include <algorithm>
#include <filesystem>

#include "cli/options/hyperparameter_options.h"
#include "cli/options/listed_values.h"
#include "core/error.h"
#include "models/named_networks.h"
#include "train/options/defaults.h"
#include "train/options/hyperparameter_table.h"

namespace residual::cli {
namespace {

void add_network(CLI::App& command, TrainArguments& a) {
  suggest(
      command
          .add_option("--model", a.model,
                      "A name that `residual models` lists, or a description (.json, .toml) (default: resnet20, or the network "
                      "of --pretrained)")
          ->group("Network"),
      models::model_names());
  a.network.add_to(command);
  list_values(command.add_option("--init", a.init, "How weights start")->capture_default_str()->group("Network"),
              models::initialisation_names());
}

std::filesystem::path default_out(const std::string& data, const std::string& model) {
  std::string name = model + "-" + train::data_name(data);
  std::ranges::replace(name, '/', '-');  // a network from a file may have any name
  return std::filesystem::path("runs") / name;
}

}  // namespace

void TrainArguments::add_to(CLI::App& app) {
  data.add_to(app);
  add_preprocess(app, preprocess);
  app.add_option("--mean", mean, "Mean of each channel, 0 to 1, with commas (default: of the training images)")->group("Data");
  app.add_option("--std", std, "Standard deviation of each channel (default: of the training images)")->group("Data");
  add_network(app, *this);
  pretrained.add_to(app);
  add_hyperparameters(app, hyperparameters);
  app.add_option("--out", run.out, "Folder for models, checkpoint, metrics and report (default: runs/MODEL-DATA)")
      ->group("Output");
  app.add_flag("--resume", run.resume, "Go on from the checkpoint in the output folder")->group("Output");
  app.add_option("--checkpoint-minutes", run.checkpoint_minutes, "A checkpoint at least so often, beside one each epoch")
      ->capture_default_str()
      ->group("Output");
  app.add_flag("--quiet", quiet, "Only warnings and mistakes; with --json only the result")->group("Output");
  app.add_flag("--json", json, "One JSON object a line: start, each epoch, result")->group("Output");
  machine.add_to(app, true);
}

void TrainArguments::check() {
  machine.check();
  train::check(hyperparameters, option_of);
  const train::TrainRequest given = request();
  train::check(given);
  data.exif_orientation |= train::turns_upright(given.preprocessing);
}

std::optional<Shape> TrainArguments::wanted_input() const {
  return network.input.empty() ? std::nullopt : std::optional(parse_input(network.input));
}

std::optional<models::Architecture> TrainArguments::named_network() const {
  if (model.empty() && pretrained.given()) {
    if (network.choices().any())
      fail(ErrorKind::kUsage, "the options that vary a network go with --model; the pretrained weights have theirs");
    return std::nullopt;
  }
  models::Architecture architecture = models::architecture_of(model.empty() ? "resnet20" : model);
  models::choose(network.choices(), architecture);
  return architecture;
}

train::TrainRequest TrainArguments::request() const {
  train::TrainRequest result{hyperparameters, {run}};
  result.network = named_network();
  result.input = wanted_input();
  result.initialisation = models::initialisation_named(init);
  result.preprocessing.name = preprocess;
  if (!mean.empty()) result.preprocessing.mean = parse_numbers(mean, "--mean");
  if (!std.empty()) result.preprocessing.std = parse_numbers(std, "--std");
  result.exif_orientation = data.exif_orientation;
  result.target = machine.target();
  if (quiet || json) result.target.observer.on_timing = nullptr;
  result.loader_threads = machine.loader_threads;
  result.data = train::data_name(data.path);
  result.command = command;
  return result;
}

std::filesystem::path TrainArguments::folder(const std::string& name) const {
  return run.out.empty() ? default_out(data.path, name) : run.out;
}

}  // namespace residual::cli
