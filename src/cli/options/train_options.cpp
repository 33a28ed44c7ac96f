#include "cli/options/train_options.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "core/limits.h"
#include "data/files/archive.h"
#include "data/preprocessing/presets.h"
#include "models/choices.h"
#include "train/defaults.h"
#include "train/trainer.h"

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

train::OptimizerOptions optimizer_options(const TrainArguments& a) {
  train::OptimizerOptions options;
  options.kind = train::optimizer_named(a.optimizer);
  options.nesterov = a.nesterov;
  options.momentum = a.momentum.value_or(0.9);
  options.weight_decay = a.weight_decay.value_or(train::default_weight_decay(options.kind));
  return options;
}

train::ScheduleOptions schedule_options(const TrainArguments& a, int64_t training_images) {
  train::ScheduleOptions options;
  options.kind = train::schedule_named(a.schedule);
  options.learning_rate = a.lr.value_or(train::default_learning_rate(train::optimizer_named(a.optimizer)));
  options.warmup_steps = a.warmup.value_or(train::default_warmup(training_images, a.batch_size, a.epochs));
  options.step_epochs = a.step_epochs.value_or(options.step_epochs);
  options.gamma = a.gamma.value_or(options.gamma);
  options.milestones = parse_milestones(a.milestones);
  return options;
}

std::filesystem::path default_out(const TrainArguments& a, const std::string& model) {
  std::filesystem::path data = std::filesystem::path(a.data.path).lexically_normal();
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
  const train::Optimizer kind = train::optimizer_named(optimizer);
  if (momentum && kind != train::Optimizer::kSgd) {
    fail(ErrorKind::kUsage, "--momentum belongs to --optimizer sgd; {} has moments of its own, leave it away", optimizer);
  }
  const train::Schedule shape = train::schedule_named(schedule);
  if (step_epochs && shape != train::Schedule::kStep) {
    fail(ErrorKind::kUsage, "--step-epochs belongs to --schedule step, not {}", schedule);
  }
  if (gamma && shape != train::Schedule::kStep && shape != train::Schedule::kMultistep) {
    fail(ErrorKind::kUsage, "--gamma belongs to --schedule step or multistep, not {}", schedule);
  }
  if (mean.empty() != std.empty())
    fail(ErrorKind::kUsage, "--mean and --std go together; {} is missing", mean.empty() ? "--mean" : "--std");
  if (!preprocess.empty() && !mean.empty())
    fail(ErrorKind::kUsage, "--preprocess says how images are normalised; leave --mean and --std away");
  if (!preprocess.empty() &&
      data::preprocessing_input(preprocess))  // refuses what is unknown; a recipe without a size has no Exif either
    data.exif_orientation |= data::preprocessing_named(preprocess).exif_orientation();
  named_network();
  models::initialisation_named(init);
  wanted_input();
  // What the train module knows to refuse is refused before the data is opened.
  train::TrainOptions early;
  early.epochs = epochs;
  early.batch_size = batch_size;
  early.optimizer = optimizer_options(*this);
  early.schedule = schedule_options(*this, 1);
  early.label_smoothing = label_smoothing;
  early.head_learning_rate_scale = pretrained.head_lr_scale;
  early.checkpoint_minutes = checkpoint_minutes;
  train::check(early);
  train::augmentation_named(augment, data::Format::kFolder, Shape{3, 32, 32});
}

std::optional<Shape> TrainArguments::wanted_input() const {
  return network.input.empty() ? std::nullopt : std::optional(parse_input(network.input));
}

std::optional<models::Architecture> TrainArguments::named_network() const {
  if (model.empty() && pretrained.given()) {
    if (network.choices.any())
      fail(ErrorKind::kUsage, "the options that vary a network go with --model; the pretrained weights have theirs");
    return std::nullopt;
  }
  models::Architecture architecture = models::architecture_of(model.empty() ? "resnet20" : model);
  models::choose(network.choices, architecture);
  return architecture;
}

train::TrainOptions settle(const TrainArguments& a, const data::DataSource& source,
                           const std::optional<convert::LoadedModel>& pretrained) {
  if (!source.train) {
    fail(ErrorKind::kUsage, "the data has no training images ({}); put them into a folder train/<class>/", source.found);
  }
  train::TrainOptions options;
  const std::optional<models::Architecture> named = a.named_network();
  options.architecture = named ? *named : pretrained->model.architecture;
  const Shape published = options.architecture.input;
  options.architecture.classes = static_cast<int64_t>(source.classes().size());
  std::optional<Shape> input = a.wanted_input();
  if (!input && !a.preprocess.empty()) input = data::preprocessing_input(a.preprocess);
  options.architecture.input = input.value_or(train::default_input(published, source.train->image_shape()));
  options.initialisation = models::initialisation_named(a.init);
  options.epochs = a.epochs;
  options.batch_size = a.batch_size;
  options.optimizer = optimizer_options(a);
  options.schedule = schedule_options(a, source.train->size());
  options.augmentation = train::augmentation_named(a.augment, source.format, options.architecture.input);
  options.label_smoothing = a.label_smoothing;
  options.seed = static_cast<uint64_t>(a.seed);
  options.target = a.machine.target();
  options.loader_threads = a.machine.loader_threads;
  options.out = a.out.empty() ? default_out(a, options.architecture.model) : std::filesystem::path(a.out);
  options.resume = a.resume;
  options.checkpoint_minutes = a.checkpoint_minutes;
  options.command = a.command;
  a.pretrained.apply(pretrained, options);
  train::check(options);
  return options;
}

data::Preprocessing settle_preprocessing(const TrainArguments& a, const train::TrainOptions& options,
                                         const data::DataSource& source, const std::optional<convert::LoadedModel>& pretrained) {
  const Shape& input = options.architecture.input;
  if (!a.preprocess.empty()) return data::preprocessing_named(a.preprocess, input);
  if (a.mean.empty() && pretrained) {
    if (std::optional<data::Preprocessing> theirs = inherited(*pretrained, input)) return std::move(*theirs);
  }
  if (a.mean.empty()) return train::standard_preprocessing(input, *source.train, a.machine.threads);
  const std::vector<float> mean = parse_numbers(a.mean, "--mean"), std = parse_numbers(a.std, "--std");
  for (const auto& [option, numbers] : {std::pair("--mean", &mean), std::pair("--std", &std)}) {
    if (static_cast<int64_t>(numbers->size()) != input[0]) {
      fail(ErrorKind::kUsage, "{} has {} numbers, the images have {} channels", option, numbers->size(), input[0]);
    }
  }
  if (std::ranges::any_of(std, [](float value) { return !(value > 0); })) {
    fail(ErrorKind::kUsage, "--std is '{}', expected numbers above 0", a.std);
  }
  return data::Preprocessing::standard(input, mean, std);
}

}  // namespace residual::cli
