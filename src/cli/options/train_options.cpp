#include "cli/options/train_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <ranges>
#include <set>

#include "core/error.h"
#include "core/limits.h"
#include "data/files/archive.h"
#include "data/transforms/augmentation.h"
#include "models/choices.h"
#include "train/defaults.h"
#include "train/optimizers/optimizers.h"
#include "train/schedules/schedules.h"

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

// The entries that have a setting of this name, each with its setting.
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

// Adds the option of one setting, which stores its value in `given` in the setting's type.
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

// Adds the settings of all entries, each name once: "Momentum (of sgd; default: 0.9)".
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

// choice: "--optimizer". Rejects a setting that the chosen entry does not have.
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
          fmt::format(
              "none, {}, several joined by '+', or auto: crop with 4 pixels of padding and flip; for IDX digits crop with 2 "
              "and no flip",
              fmt::join(data::augmentation_names(), ", ")))
      ->capture_default_str()
      ->group(kRecipe);
  command.add_option("--label-smoothing", a.label_smoothing, "0 to 1")->capture_default_str()->group(kRecipe);
  command.add_option("--seed", a.seed, "Of weights, order and augmentation")->capture_default_str()->group(kRecipe);
}

std::filesystem::path default_out(const std::string& data_path, const std::string& model) {
  std::filesystem::path data = std::filesystem::path(data_path).lexically_normal();
  if (!data.has_filename()) data = data.parent_path();
  std::string name = data.filename().string();
  if (data::has_archive_name(data)) name = name.substr(0, name.find('.'));
  if (name.empty() || name == "." || name == "..") name = "data";
  name = model + "-" + name;
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
  result.optimizer = optimizer;
  result.optimizer_settings = optimizer_settings;
  result.schedule = schedule;
  result.schedule_settings = schedule_settings;
  result.augmentation = augment;
  result.learning_rate = learning_rate;
  result.weight_decay = weight_decay;
  result.decay_norm_and_bias = !no_weight_decay_on_norm_and_bias;
  result.clip_grad_norm = clip_grad_norm;
  result.ema_decay = ema_decay;
  result.warmup_steps = warmup_steps;
  result.label_smoothing = label_smoothing;
  result.freeze = pretrained.frozen();
  result.head_learning_rate_scale = pretrained.head_learning_rate_scale;
  result.seed = static_cast<uint64_t>(seed);
  result.target = machine.target();
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
