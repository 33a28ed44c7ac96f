#include "cli/options/train_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <ranges>
#include <set>

#include "core/error.h"
#include "core/limits.h"
#include "data/files/archive.h"
#include "data/transforms/presets.h"
#include "models/choices.h"
#include "train/defaults.h"
#include "train/optimizers/optimizers.h"
#include "train/schedules/schedules.h"
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

constexpr const char* kRecipe = "Recipe";

// "sgd, adam, adamw"
template <typename Entry>
std::string names_of(std::span<const Entry* const> table) {
  return fmt::format("{}", fmt::join(table | std::views::transform(&Entry::name), ", "));
}

// The entries that have a setting of this name, and what it is there.
template <typename Entry>
std::vector<std::pair<std::string_view, const train::Setting*>> owners_of(std::span<const Entry* const> table,
                                                                          std::string_view name) {
  std::vector<std::pair<std::string_view, const train::Setting*>> owners;
  for (const Entry* entry : table) {
    const auto setting = std::ranges::find(entry->settings, name, &train::Setting::name);
    if (setting != entry->settings.end()) owners.emplace_back(entry->name, &*setting);
  }
  return owners;
}

// "step_epochs" -> "--step-epochs"
std::string option_of(std::string_view setting) {
  std::string option = fmt::format("--{}", setting);
  std::ranges::replace(option, '_', '-');
  return option;
}

// The option of one setting, which stores what it is given in `given`, in the setting's own type.
CLI::Option* add_setting(CLI::App& command, const train::Setting& setting, const std::string& help, train::Settings& given) {
  const std::string option = option_of(setting.name);
  const auto store = [&given, name = std::string(setting.name)](const auto& value) { given[name] = value; };
  return std::visit(
      [&]<typename T>(const T&) -> CLI::Option* {
        if constexpr (std::is_same_v<T, bool>)
          return command.add_flag_callback(option, [store] { store(true); }, help);
        else
          return command.add_option_function<T>(option, store, help)->delimiter(',');
      },
      setting.by_default);
}

// The settings of all entries, each name once: "Momentum (of sgd; default: 0.9)".
template <typename Entry>
void add_settings(CLI::App& command, std::span<const Entry* const> table, train::Settings& given) {
  std::set<std::string_view> added;
  for (const Entry* entry : table) {
    for (const train::Setting& setting : entry->settings) {
      if (!added.insert(setting.name).second) continue;
      const auto owners = owners_of(table, setting.name);
      std::string help = fmt::format("{} (of {}", setting.help, fmt::join(owners | std::views::keys, ", "));
      const std::string by_default = train::to_string(setting.by_default);
      if (!std::holds_alternative<bool>(setting.by_default) && !by_default.empty()) help += "; default: " + by_default;
      add_setting(command, setting, help + ")", given)->group(kRecipe);
    }
  }
}

// choice: "--optimizer". Refuses a setting of another entry than the chosen one.
template <typename Entry>
void check_settings(std::span<const Entry* const> table, const Entry& chosen, const train::Settings& given, const char* choice) {
  for (const auto& [name, value] : given) {
    const auto owners = owners_of(table, name) | std::views::keys;
    if (std::ranges::find(owners, chosen.name) == owners.end())
      fail(ErrorKind::kUsage, "{} belongs to {} {}, not to {}", option_of(name), choice, fmt::join(owners, " or "), chosen.name);
  }
}

// "0.1 for sgd, 0.001 for adam, 0.001 for adamw"
std::string defaults_of(double train::Optimizer::* field) {
  std::vector<std::string> texts;
  for (const train::Optimizer* optimizer : train::optimizers())
    texts.push_back(fmt::format("{} for {}", optimizer->*field, optimizer->name));
  return fmt::format("{}", fmt::join(texts, ", "));
}

void add_optimizer_options(CLI::App& command, TrainArguments& a) {
  command.add_option("--optimizer", a.optimizer, names_of(train::optimizers()))->capture_default_str()->group(kRecipe);
  command
      .add_option("--learning-rate,--lr", a.learning_rate,
                  fmt::format("Highest learning rate (default: {})", defaults_of(&train::Optimizer::learning_rate)))
      ->group(kRecipe);
  add_settings(command, train::optimizers(), a.optimizer_settings);
  command
      .add_option("--weight-decay", a.weight_decay, fmt::format("(default: {})", defaults_of(&train::Optimizer::weight_decay)))
      ->group(kRecipe);
  command
      .add_flag("--no-weight-decay-on-norm-and-bias", a.no_weight_decay_on_norm_and_bias,
                "Weight decay on convolutions and linear layers alone")
      ->group(kRecipe);
  command.add_option("--clip-grad-norm", a.clip_grad_norm, "Largest norm of all gradients together (default: no clipping)")
      ->group(kRecipe);
  command
      .add_option("--ema-decay", a.ema_decay,
                  "Models hold moving averages of the weights with this decay, e.g. 0.999 (default: the weights themselves)")
      ->group(kRecipe);
}

void add_training_options(CLI::App& command, TrainArguments& a) {
  command.add_option("--epochs", a.epochs, "Passes over the training images")->capture_default_str()->group(kRecipe);
  command.add_option("--batch-size", a.batch_size, "Images a step")->capture_default_str()->group(kRecipe);
  add_optimizer_options(command, a);
  command.add_option("--schedule", a.schedule, names_of(train::schedules()))->capture_default_str()->group(kRecipe);
  command
      .add_option("--warmup-steps,--warmup", a.warmup_steps, "Steps of linear warm-up (default: 400, but at most a tenth of all)")
      ->group(kRecipe);
  add_settings(command, train::schedules(), a.schedule_settings);
  command
      .add_option(
          "--augment", a.augment,
          "none, crop, flip, crop+flip or auto: crop with 4 pixels of padding and flip; for IDX digits crop with 2 and no flip")
      ->capture_default_str()
      ->group(kRecipe);
  command.add_option("--label-smoothing", a.label_smoothing, "0 to 1")->capture_default_str()->group(kRecipe);
  command.add_option("--seed", a.seed, "Of weights, order and augmentation")->capture_default_str()->group(kRecipe);
}

train::OptimizerOptions optimizer_options(const TrainArguments& a) {
  const train::Optimizer& optimizer = train::find_optimizer(a.optimizer);
  return {.name = a.optimizer,
          .weight_decay = a.weight_decay.value_or(optimizer.weight_decay),
          .decay_norm_and_bias = !a.no_weight_decay_on_norm_and_bias,
          .settings = a.optimizer_settings};
}

train::ScheduleOptions schedule_options(const TrainArguments& a, int64_t training_images) {
  return {.name = a.schedule,
          .learning_rate = a.learning_rate.value_or(train::find_optimizer(a.optimizer).learning_rate),
          .warmup_steps = a.warmup_steps.value_or(train::default_warmup(training_images, a.batch_size, a.epochs)),
          .settings = a.schedule_settings};
}

// What no data set changes but by its number of images.
train::TrainOptions recipe(const TrainArguments& a, int64_t training_images) {
  train::TrainOptions options;
  options.epochs = a.epochs;
  options.batch_size = a.batch_size;
  options.optimizer = optimizer_options(a);
  options.schedule = schedule_options(a, training_images);
  options.clip_grad_norm = a.clip_grad_norm;
  options.ema_decay = a.ema_decay;
  options.label_smoothing = a.label_smoothing;
  options.head_learning_rate_scale = a.pretrained.head_learning_rate_scale;
  options.checkpoint_minutes = a.checkpoint_minutes;
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
  check_settings(train::optimizers(), train::find_optimizer(optimizer), optimizer_settings, "--optimizer");
  check_settings(train::schedules(), train::find_schedule(schedule), schedule_settings, "--schedule");
  if (mean.empty() != std.empty())
    fail(ErrorKind::kUsage, "--mean and --std go together; {} is missing", mean.empty() ? "--mean" : "--std");
  if (!preprocess.empty() && !mean.empty())
    fail(ErrorKind::kUsage, "--preprocess says how images are normalised; omit --mean and --std");
  if (!preprocess.empty() &&
      data::preprocessing_input(preprocess))  // refuses what is unknown; a recipe without a size has no Exif either
    data.exif_orientation |= data::preprocessing_named(preprocess).exif_orientation();
  named_network();
  models::initialisation_named(init);
  wanted_input();
  train::check(recipe(*this, 1));  // before the data is opened
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
  train::TrainOptions options = recipe(a, source.train->size());
  const std::optional<models::Architecture> named = a.named_network();
  options.architecture = named ? *named : pretrained->model.architecture;
  const Shape published = options.architecture.input;
  options.architecture.classes = static_cast<int64_t>(source.classes().size());
  std::optional<Shape> input = a.wanted_input();
  if (!input && !a.preprocess.empty()) input = data::preprocessing_input(a.preprocess);
  options.architecture.input = input.value_or(train::default_input(published, source.train->image_shape()));
  options.initialisation = models::initialisation_named(a.init);
  options.augmentation = train::augmentation_named(a.augment, source.format, options.architecture.input);
  options.seed = static_cast<uint64_t>(a.seed);
  options.target = a.machine.target();
  options.loader_threads = a.machine.loader_threads;
  options.out = a.out.empty() ? default_out(a, options.architecture.model) : std::filesystem::path(a.out);
  options.resume = a.resume;
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
