// residual models: every network there is.
#include "models/table.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/output.h"
#include "eval/summary.h"

namespace residual::cli {
namespace {

int run_models(bool json) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  if (!json) print("{:<16}{:>12}{:>12}{:>12}{:>9}  {}\n", "name", "input", "parameters", "MMACs", "classes", "");
  for (const models::ModelEntry& entry : models::model_table()) {
    const eval::NetworkSummary summary = eval::summarize({entry.name, entry.input, entry.classes});
    if (json) {
      list.push_back({{"name", entry.name},
                      {"input", to_string(entry.input)},
                      {"classes", entry.classes},
                      {"parameters", summary.parameters},
                      {"macs", summary.macs},
                      {"summary", entry.summary}});
    } else {
      print("{:<16}{:>12}{:>12}{:>12.1f}{:>9}  {}\n", entry.name, to_string(entry.input), with_commas(summary.parameters),
            static_cast<double>(summary.macs) / 1e6, entry.classes, entry.summary);
    }
  }
  if (json) {
    print("{}\n", list.dump(2));
  } else {
    print("\nThe CIFAR networks resnetN and plainN take any depth N = 6n+2; input and classes follow your data.\n");
  }
  return 0;
}

}  // namespace

Command add_models(CLI::App& program) {
  CLI::App* command = program.add_subcommand("models", "List the networks there are");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "A JSON list instead of a table");
  command->footer("Example:\n  residual models");
  return {command, [json] { return run_models(*json); }};
}

}  // namespace residual::cli
