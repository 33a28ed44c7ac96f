#include "cli/options/train_options.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "core/limits.h"
#include "data/files/archive.h"
#include "models/choices.h"
#include "train/defaults.h"

namespace residual::cli {
namespace {

void add_network(CLI::App& command, TrainArguments& a) {
  command
      .add_option("--model", a.model,
                  "A name that `residual models` lists, or a description (.json, .toml) (default: resnet20, or the network of "
                  "--pretrained)")
      ->group("Network");
  a.network.add_to(command);
  command.add_option("--init", a.init, "How weights start: he, glorot or torch")->capture_default_str()->group("Network");
}

void add_training_options(CLI::App& command, TrainArguments& a) {
  command.add_option("--epochs", a.epochs, "Passes over the training images")->capture_default_str()->group("Recipe");
  command.add_option("--batch-size", a.batch_size, "Images a step")->capture_default_str()->group("Recipe");
  command.add_option("--optimizer", a.optimizer, "sgd, adam or adamw")->capture_default_str()->group("Recipe");
  command.add_option("--lr", a.lr, "Highest learning rate (default: 0.1 for sgd, 0.001 for adam and adamw)")->group("Recipe");
  command.add_option("--momentum", a.momentum, "Of sgd (default: 0.9)")->group("Recipe");
  command.add_flag("--nesterov", a.nesterov, "Nesterov's momentum, of sgd")->group("Recipe");
  command.add_option("--weight-decay", a.weight_decay, "(default: 0.0001 for sgd, 0 for adam, 0.01 for adamw)")->group("Recipe");
  command.add_option("--schedule", a.schedule, "constant, step, multistep or cosine")->capture_default_str()->group("Recipe");
  command.add_option("--warmup", a.warmup, "Steps of linear warm-up (default: 400, but at most a tenth of all)")->group("Recipe");
  command.add_option("--step-epochs", a.step_epochs, "Epochs between the steps of --schedule step (default: 30)")
      ->group("Recipe");
  command.add_option("--milestones", a.milestones, "Epochs of --schedule multistep, e.g. 60,120")->group("Recipe");
  command.add_option("--gamma", a.gamma, "Factor at each step or milestone (default: 0.1)")->group("Recipe");
  command
      .add_option(
          "--augment", a.augment,
          "none, crop, flip, crop+flip or auto: crop with 4 pixels of padding and flip; for IDX digits crop with 2 and no flip")
      ->capture_default_str()
      ->group("Recipe");
  command.add_option("--label-smoothing", a.label_smoothing, "0 to 1")->capture_default_str()->group("Recipe");
  command.add_option("--seed", a.seed, "Of weights, order and augmentation")->capture_default_str()->group("Recipe");
}

std::vector<int64_t> parse_milestones(const std::string& text) {
  std::vector<int64_t> result;
  if (text.empty()) return result;
  for (const float number : parse_numbers(text, "--milestones")) {
    if (number != std::floor(number) || number < 1 || number > 1e6F) {
      fail(ErrorKind::kUsage, "--milestones is '{}', expected epochs such as 60,120", text);
    }
    result.push_back(static_cast<int64_t>(number));
  }
  return result;
}

std::filesystem::path default_out(const std::string& data_path, const std::string& model) {
  std::filesystem::path data = std::filesystem::path(data_path).lexically_normal();
  if (!data.has_filename()) data = data.parent_path();
  std::string name = data.filename().string();
  if (data::has_archive_name(data)) name = name.substr(0, name.find('.'));
  if (name.empty() || name == "." || name == "..") name = "data";
  name = model + "-" + name;
  std::ranges::replace(name, '/', '-');  // a network from a file may be called anything
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
  add_training_options(app, *this);
  app.add_option("--out", out, "Folder for models, checkpoint, metrics and report (default: runs/MODEL-DATA)")->group("Output");
  app.add_flag("--resume", resume, "Go on from the checkpoint in the output folder")->group("Output");
  app.add_option("--checkpoint-minutes", checkpoint_minutes, "A checkpoint at least so often, beside one each epoch")
      ->capture_default_str()
      ->group("Output");
  app.add_flag("--quiet", quiet, "Only warnings and mistakes; with --json only the result")->group("Output");
  app.add_flag("--json", json, "One JSON object a line: start, each epoch, result")->group("Output");
  machine.add_to(app, true);
}

void TrainArguments::check() {
  machine.check();
  check_range("--epochs", epochs, 1, kMostEpochs);
  check_range("--batch-size", batch_size, 1, kMostBatch);
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
  train::TrainRequest result;
  result.network = named_network();
  result.input = wanted_input();
  result.initialisation = models::initialisation_named(init);
  result.preprocessing.name = preprocess;
  if (!mean.empty()) result.preprocessing.mean = parse_numbers(mean, "--mean");
  if (!std.empty()) result.preprocessing.std = parse_numbers(std, "--std");
  result.exif_orientation = data.exif_orientation;
  result.epochs = epochs;
  result.batch_size = batch_size;
  result.optimizer = train::optimizer_named(optimizer);
  result.schedule = train::schedule_named(schedule);
  result.augmentation = train::augmentation_preset_named(augment);
  result.learning_rate = lr;
  result.momentum = momentum;
  result.weight_decay = weight_decay;
  result.gamma = gamma;
  result.warmup_steps = warmup;
  result.step_epochs = step_epochs;
  result.nesterov = nesterov;
  result.milestones = parse_milestones(milestones);
  result.label_smoothing = label_smoothing;
  result.freeze = pretrained.frozen();
  result.head_learning_rate_scale = pretrained.head_lr_scale;
  result.seed = static_cast<uint64_t>(seed);
  result.threads = machine.threads;
  result.loader_threads = machine.loader_threads;
  result.out = out;
  result.resume = resume;
  result.checkpoint_minutes = checkpoint_minutes;
  result.command = command;
  return result;
}

std::filesystem::path TrainArguments::folder(const std::string& name) const {
  return out.empty() ? default_out(data.path, name) : std::filesystem::path(out);
}

}  // namespace residual::cli
