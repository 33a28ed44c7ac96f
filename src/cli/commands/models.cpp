// residual models: the list of networks.
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/terminal/output.h"
#include "core/error.h"
#include "core/json_text.h"
#include "eval/summary.h"
#include "models/families.h"
#include "models/table.h"

namespace residual::cli {
namespace {

struct ModelsArguments {
  bool json = false;
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

void print_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const models::ModelEntry& entry : models::model_table()) {
    const eval::NetworkSummary summary = summary_of(entry);
    list.push_back({{"name", entry.name},
                    {"input", to_string(entry.input)},
                    {"classes", entry.classes},
                    {"parameters", summary.parameters},
                    {"macs", summary.macs},
                    {"summary", entry.summary}});
  }
  print("{}\n", indented(list));
}

void print_table() {
  print("{:<23}{:>12}{:>13}{:>11}{:>9}  {}\n", "name", "input", "parameters", "MMACs", "classes", "");
  for (const models::ModelEntry& entry : models::model_table()) {
    const eval::NetworkSummary summary = summary_of(entry);
    print("{:<23}{:>12}{:>13}{:>11.1f}{:>9}  {}\n", entry.name, to_string(entry.input), with_commas(summary.parameters),
          static_cast<double>(summary.macs) / 1e6, entry.classes, entry.summary);
  }
  print(
      "\nInput and classes follow your data. These families take any depth: resnetN, plainN and preact-resnetN-basic (N = 6n+2), "
      "resnetN-bottleneck and preact-resnetN (9n+2), wrn-N-K (6n+4, K times as wide), densenetL-kK (3n+4), densenet-bc-L-kK "
      "(6n+4).\n");
}

int run_models(const ModelsArguments& arguments) {
  if (!arguments.describe.empty())
    describe(arguments.describe);
  else if (arguments.json)
    print_json();
  else
    print_table();
  return 0;
}

}  // namespace

Command add_models(CLI::App& program) {
  CLI::App* command = program.add_subcommand("models", "List the known networks");
  auto arguments = std::make_shared<ModelsArguments>();
  command->add_flag("--json", arguments->json, "A JSON list instead of a table");
  command->add_option("--describe", arguments->describe, "Print this network as a description, as a template for your own");
  command->footer("Examples:\n  residual models\n  residual models --describe resnet50 > mine.json");
  return {command, [arguments] { return run_models(*arguments); }};
}

}  // namespace residual::cli
