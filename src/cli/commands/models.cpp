// residual models: the list of networks.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/options/listed_values.h"
#include "cli/terminal/output.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/text.h"
#include "eval/summary.h"
#include "fetch/catalogue.h"
#include "models/families.h"
#include "models/table.h"

namespace residual::cli {
namespace {

struct ModelsArguments {
  std::string text, family;
  bool published = false, json = false;
  std::string describe;
};

eval::NetworkSummary summary_of(const models::ModelEntry& entry) {
  models::Architecture architecture;
  architecture.model = entry.name;
  architecture.input = entry.input;
  architecture.classes = entry.classes;
  return eval::summarize(architecture);
}

void describe(const std::string& name) {
  const std::optional<models::Description> network = models::residual_description(models::find_model(name).name);
  if (!network) fail(ErrorKind::kUsage, "'{}' is not a residual or plain network; only these have descriptions", name);
  print("{}\n", models::to_json(*network));
}

// The names of the weights that can be fetched for a network.
std::vector<std::string> weights_of(const std::string& network) {
  std::vector<std::string> names;
  for (const fetch::Entry& entry : fetch::catalogue()) {
    if (entry.network == network) names.push_back(entry.name);
  }
  return names;
}

std::vector<std::string> families() {
  std::vector<std::string> names;
  for (const std::string& model : models::model_names()) {
    const std::string family = models::family_of(model);
    if (std::ranges::find(names, family) == names.end()) names.push_back(family);
  }
  return names;
}

std::vector<models::ModelEntry> selected(const ModelsArguments& arguments) {
  if (const std::vector<std::string> known = families();
      !arguments.family.empty() && std::ranges::find(known, arguments.family) == known.end()) {
    fail(ErrorKind::kUsage, "--family is '{}', expected {}", printable(arguments.family), alternatives(known));
  }
  std::vector<models::ModelEntry> list = models::model_table();
  const std::string text = lower_case(arguments.text);
  std::erase_if(list, [&](const models::ModelEntry& entry) {
    return lower_case(entry.name + " " + entry.summary).find(text) == std::string::npos ||
           (!arguments.family.empty() && models::family_of(entry.name) != arguments.family) ||
           (arguments.published && weights_of(entry.name).empty());
  });
  return list;
}

void print_json(const std::vector<models::ModelEntry>& entries) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const models::ModelEntry& entry : entries) {
    const eval::NetworkSummary summary = summary_of(entry);
    list.push_back({{"name", entry.name},
                    {"input", to_string(entry.input)},
                    {"classes", entry.classes},
                    {"parameters", summary.parameters},
                    {"macs", summary.macs},
                    {"summary", entry.summary},
                    {"family", models::family_of(entry.name)},
                    {"weights", weights_of(entry.name)}});
  }
  print("{}\n", indented(list));
}

void print_table(const std::vector<models::ModelEntry>& entries, bool all) {
  print("{:<23}{:>12}{:>13}{:>11}{:>9}  {}\n", "name", "input", "parameters", "MMACs", "classes", "");
  for (const models::ModelEntry& entry : entries) {
    const eval::NetworkSummary summary = summary_of(entry);
    print("{:<23}{:>12}{:>13}{:>11.1f}{:>9}  {}\n", entry.name, to_string(entry.input), with_commas(summary.parameters),
          static_cast<double>(summary.macs) / 1e6, entry.classes, entry.summary);
  }
  if (!all) return print("\n{} of {}\n", entries.size(), counted(static_cast<int64_t>(models::model_names().size()), "network"));
  print(
      "\nInput and classes follow your data. These families take any depth: resnetN, plainN and preact-resnetN-basic (N = 6n+2), "
      "resnetN-bottleneck and preact-resnetN (9n+2), wrn-N-K (6n+4, K times as wide), densenetL-kK (3n+4), densenet-bc-L-kK "
      "(6n+4).\n");
}

int run_models(const ModelsArguments& arguments) {
  if (!arguments.describe.empty()) {
    describe(arguments.describe);
    return 0;
  }
  const std::vector<models::ModelEntry> entries = selected(arguments);
  if (arguments.json)
    print_json(entries);
  else
    print_table(entries, arguments.text.empty() && arguments.family.empty() && !arguments.published);
  return 0;
}

}  // namespace

Command add_models(CLI::App& program) {
  CLI::App* command = program.add_subcommand("models", "List the known networks");
  auto arguments = std::make_shared<ModelsArguments>();
  command->add_option("TEXT", arguments->text, "Only networks whose name or summary contains this, in any case");
  list_values(command->add_option("--family", arguments->family, "Only networks of this family"), families());
  command->add_flag("--published", arguments->published, "Only networks with weights that `residual fetch` downloads");
  command->add_flag("--json", arguments->json, "A JSON list instead of a table");
  suggest(
      command->add_option("--describe", arguments->describe, "Print this network as a description, as a template for your own"),
      models::model_names());
  command->footer(
      "Examples:\n  residual models\n  residual models --family wide_resnet --published\n  residual models --describe resnet50 > "
      "mine.json");
  return {command, [arguments] { return run_models(*arguments); }};
}

}  // namespace residual::cli
