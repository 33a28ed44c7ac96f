#include "train/options/hyperparameter_table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>

#include "core/limits.h"
#include "data/transforms/random/augmentation.h"
#include "train/optimizers/optimizers.h"
#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

using H = Hyperparameters;

// "0.1 for sgd, 0.001 for adam, 0.001 for adamw"
std::string defaults_of(double Optimizer::* field) {
  const auto text = [&](const Optimizer* optimizer) { return fmt::format("{} for {}", optimizer->*field, optimizer->name); };
  return fmt::format("{}", fmt::join(optimizers() | std::views::transform(text), ", "));
}

// The settings of every entry of a table are those of all its owners.
template <typename Entry>
void collect(std::string_view choice, std::span<const Entry* const> table, std::vector<Setting>& all) {
  for (const Entry* entry : table) {
    for (const Hyperparameter& row : entry->settings) {
      const auto known =
          std::ranges::find_if(all, [&](const Setting& setting) { return setting.hyperparameter->name == row.name; });
      (known == all.end() ? all.emplace_back(&row, choice) : *known).owners.push_back(entry->name);
    }
  }
}

using Pointer = nlohmann::json::json_pointer;

// Calls use(pointer, value) for every hyperparameter that belongs to the identity; empty ones do not.
template <typename Use>
void for_each_in_identity(const H& values, const Use& use) {
  const auto add = [&](const std::string& pointer, const Hyperparameter& row) {
    const nlohmann::json value = row.to_json(values);
    if (!value.is_null()) use(Pointer(pointer), value);
  };
  for (const Hyperparameter& row : hyperparameters()) {
    if (row.key) add(row.key->empty() ? fmt::format("/{}", row.name) : std::string(*row.key), row);
  }
  for (const Hyperparameter& row : find(values.optimizer).settings) add(fmt::format("/optimizer/{}", row.name), row);
  for (const Hyperparameter& row : find(values.schedule).settings) add(fmt::format("/schedule/{}", row.name), row);
}

}  // namespace

std::span<const Hyperparameter> hyperparameters() {
  static const Hyperparameter table[] = {
      {.name = "epochs", .help = "Passes over the training images", .field = &H::epochs, .range = {1, kMostEpochs}},
      {.name = "batch_size", .help = "Images a step", .field = &H::batch_size, .range = {1, kMostBatch}},
      {.name = "optimizer", .help = "How gradients change the weights", .field = &H::optimizer, .key = "/optimizer/name"},
      {.name = "learning_rate",
       .help = fmt::format("Highest learning rate (default: {})", defaults_of(&Optimizer::learning_rate)),
       .field = &H::learning_rate,
       .range = kPositive,
       .aliases = "--lr",
       .key = "/schedule/learning_rate"},
      {.name = "weight_decay",
       .help = fmt::format("Weight decay (default: {})", defaults_of(&Optimizer::weight_decay)),
       .field = &H::weight_decay,
       .range = kNotNegative,
       .key = "/optimizer/weight_decay"},
      {.name = "decay_norm_and_bias",
       .help = "Weight decay on convolutions and linear layers alone",
       .field = &H::decay_norm_and_bias,
       .aliases = "--no-weight-decay-on-norm-and-bias",
       .key = "/optimizer/decay_norm_and_bias"},
      {.name = "clip_grad_norm",
       .help = "Largest norm of all gradients together; 0: no clipping",
       .field = &H::clip_grad_norm,
       .range = kNotNegative},
      {.name = "ema_decay",
       .help = "Models hold moving averages of the weights with this decay, e.g. 0.999; 0: the weights themselves",
       .field = &H::ema_decay,
       .range = kFraction},
      {.name = "schedule", .help = "How the learning rate falls", .field = &H::schedule, .key = "/schedule/name"},
      {.name = "warmup_steps",
       .help = "Steps of linear warm-up (default: 400, but at most a tenth of all)",
       .field = &H::warmup_steps,
       .range = kNotNegative,
       .aliases = "--warmup",
       .key = "/schedule/warmup_steps"},
      {.name = "augmentation",
       .help = fmt::format("Random changes of training images: none, {}, several joined by '+', or auto: crop with 4 pixels of "
                           "padding and flip; for IDX digits crop with 2 and no flip",
                           fmt::join(data::augmentation_names(), ", ")),
       .field = &H::augmentation,
       .aliases = "--augment",
       .key = std::nullopt},  // the identity holds what it is for these data
      {.name = "label_smoothing", .help = "0 to 1", .field = &H::label_smoothing, .range = kFraction},
      {.name = "seed",
       .help = "Of weights, order and augmentation; for equal bytes in every run give --no-tune, too",
       .field = &H::seed},
      {.name = "freeze",
       .help = "Parts that stay as they are, running statistics included, with commas: stem, layer1, layer2.0, …",
       .field = &H::freeze,
       .group = "Transfer"},
      {.name = "head_learning_rate_scale",
       .help = "Factor on the classifier's learning rate",
       .field = &H::head_learning_rate_scale,
       .range = kPositive,
       .aliases = "--head-lr-scale",
       .group = "Transfer"},
  };
  return table;
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  collect("optimizer", optimizers(), all);
  collect("schedule", schedules(), all);
  return all;
}

Hyperparameters complete(Hyperparameters values) {
  const Optimizer& optimizer = find(values.optimizer);
  if (!values.learning_rate) values.learning_rate = optimizer.learning_rate;
  if (!values.weight_decay) values.weight_decay = optimizer.weight_decay;
  for (const Hyperparameter& row : optimizer.settings) row.complete(values);
  for (const Hyperparameter& row : find(values.schedule).settings) row.complete(values);
  return values;
}

void check(const Hyperparameters& values, const Spelling& spelling) {
  for (const Hyperparameter& row : hyperparameters()) row.check(values, spelling(row.name));
  const Optimizer& optimizer = find(values.optimizer);
  const Schedule& schedule = find(values.schedule);
  for (const Setting& setting : settings()) {
    const Hyperparameter& row = *setting.hyperparameter;
    const std::string_view chosen = setting.choice == "optimizer" ? optimizer.name : schedule.name;
    if (row.given(values) && std::ranges::find(setting.owners, chosen) == setting.owners.end()) {
      fail(ErrorKind::kUsage, "{} belongs to {} {}, not to {}", spelling(row.name), spelling(setting.choice),
           fmt::join(setting.owners, " or "), chosen);
    }
    row.check(values, spelling(row.name));
  }
  const Hyperparameters all = complete(values);
  if (optimizer.check != nullptr) optimizer.check(all);
  if (schedule.check != nullptr) schedule.check(all);
}

void add_to_identity(nlohmann::json& identity, const Hyperparameters& values) {
  for_each_in_identity(values, [&](const Pointer& key, const nlohmann::json& value) { identity[key] = value; });
}

void add_missing(nlohmann::json& identity) {
  const auto optimizer = find_named<residual::Optimizer>(identity.at("optimizer").at("name").get<std::string>());
  const auto schedule = find_named<residual::Schedule>(identity.at("schedule").at("name").get<std::string>());
  if (!optimizer || !schedule) return;  // of a newer version
  for_each_in_identity(complete({.optimizer = *optimizer, .schedule = *schedule}),
                       [&](const Pointer& key, const nlohmann::json& value) {
                         if (!identity.contains(key)) identity[key] = value;
                       });
}

}  // namespace residual::train
