#include "cli/options/hyperparameter_options.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "cli/options/listed_values.h"
#include "train/options/hyperparameter_table.h"

namespace residual::cli {
namespace {

using train::Hyperparameter;

// "--warmup-steps,--warmup"; a bool that is true by default gets an option that makes it false.
template <typename T>
std::string names_of(const Hyperparameter& row, T Hyperparameters::* field) {
  std::string names = option_of(row.name);
  if constexpr (std::is_same_v<T, bool>) {
    if (Hyperparameters{}.*field) names.insert(2, "no-");
  }
  return row.aliases.empty() ? names : fmt::format("{},{}", names, row.aliases);
}

template <typename T>
CLI::Option* add(CLI::App& command, const Hyperparameter& row, const std::string& help, T Hyperparameters::* field,
                 Hyperparameters& values) {
  const std::string names = names_of(row, field);
  const auto store = [&values, field](const auto& value) { values.*field = static_cast<T>(value); };
  if constexpr (std::is_same_v<T, bool>) {
    return command.add_flag_callback(names, [store, field] { store(!(Hyperparameters{}.*field)); }, help);
  } else if constexpr (std::is_enum_v<T>) {
    const auto parse = [store, name = row.name](const std::string& text) {
      try {
        store(train::value_named<T>(name, text));
      } catch (const Error& error) {
        throw CLI::ValidationError(option_of(name), error.what());
      }
    };
    std::vector<std::string> choices;
    for (const auto& entry : train::named_values(T{})) {
      if (train::name_of(entry.value) == entry.name) choices.emplace_back(entry.name);
    }
    return list_values(
        command.add_option_function<std::string>(names, parse, help)->default_str(std::string(train::name_of(values.*field))),
        choices);
  } else if constexpr (std::is_same_v<T, std::optional<int64_t>> || std::is_same_v<T, std::optional<double>>) {
    return command.add_option_function<typename T::value_type>(names, store, help);
  } else if constexpr (std::is_same_v<T, std::vector<int64_t>> || std::is_same_v<T, std::vector<std::string>>) {
    return command.add_option_function<T>(names, store, help)->delimiter(',');
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    return command.add_option_function<int64_t>(names, store, help)->default_str(std::to_string(values.*field));
  } else {
    return command.add_option(names, values.*field, help)->capture_default_str();
  }
}

void add(CLI::App& command, const Hyperparameter& row, const std::string& help, Hyperparameters& values) {
  std::visit([&](const auto field) { add(command, row, help, field, values)->group(std::string(row.group)); }, row.field);
}

// "Decay of the mean of the gradients (of adam, adamw; default: 0.9)"
std::string help_of(const train::Setting& setting) {
  const Hyperparameter& row = *setting.hyperparameter;
  const std::string by_default = row.by_default ? fmt::format("; default: {}", *row.by_default) : "";
  return fmt::format("{} (of {}{})", row.help, fmt::join(setting.owners, ", "), by_default);
}

}  // namespace

std::string option_of(std::string_view hyperparameter) {
  std::string option = fmt::format("--{}", hyperparameter);
  std::ranges::replace(option, '_', '-');
  return option;
}

void add_hyperparameters(CLI::App& command, Hyperparameters& values) {
  for (const Hyperparameter& row : train::hyperparameters()) add(command, row, row.help, values);
  for (const train::Setting& setting : train::settings()) add(command, *setting.hyperparameter, help_of(setting), values);
}

}  // namespace residual::cli
