// residual summary: a network as a table of layers, and the plan that runs it.
#include "eval/summary.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/options/arguments.h"
#include "cli/terminal/output.h"
#include "core/json_text.h"
#include "core/limits.h"
#include "eval/evaluate.h"

namespace residual::cli {
namespace {

struct SummaryArguments {
  NetworkArguments network;
  MachineArguments machine;
  int64_t batch_size = 1;
  bool plan = false, json = false;
};

std::string to_json(const eval::NetworkSummary& summary, const std::optional<eval::NetworkSummary>& full,
                    const std::string& plan) {
  nlohmann::ordered_json json{
      {"parameters", summary.parameters}, {"macs", summary.macs}, {"layers", nlohmann::ordered_json::array()}};
  for (const eval::LayerSummary& layer : summary.layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"kind", layer.kind},
                              {"output", std::vector<int64_t>(layer.output.dims().begin(), layer.output.dims().end())},
                              {"parameters", layer.parameters},
                              {"macs", layer.macs}});
  }
  if (full) json["without_separable_blocks"] = {{"parameters", full->parameters}, {"macs", full->macs}};
  if (!plan.empty()) json["plan"] = plan;
  return indented(json);
}

// What separable blocks spare: the same network with 3x3 convolutions in their place is counted too.
std::optional<eval::NetworkSummary> without_separable_blocks(models::Architecture architecture) {
  if (!architecture.graph.empty()) return std::nullopt;
  const std::optional<models::Description> network = models::described(architecture);
  if (!network || !network->block.separable) return std::nullopt;
  architecture.separable = false;
  return eval::summarize(architecture);
}

void print_saving(const eval::NetworkSummary& summary, const eval::NetworkSummary& full) {
  const auto times = [](int64_t more, int64_t less) { return static_cast<double>(more) / static_cast<double>(less); };
  print("\nseparable blocks: {} parameters instead of {} ({:.2f} times fewer), {} MACs instead of {} ({:.2f} times fewer)\n",
        with_commas(summary.parameters), with_commas(full.parameters), times(full.parameters, summary.parameters),
        with_commas(summary.macs), with_commas(full.macs), times(full.macs, summary.macs));
}

int run_summary(SummaryArguments& arguments) {
  arguments.machine.check();
  check_range("--batch-size", arguments.batch_size, 1, kMostBatch);
  const models::Architecture architecture = arguments.network.architecture();
  const eval::NetworkSummary summary = eval::summarize(architecture);
  const std::optional<eval::NetworkSummary> full = without_separable_blocks(architecture);
  std::string plan;
  if (arguments.plan) {
    plan = eval::inference_plan(architecture, arguments.batch_size, arguments.machine.target())->to_text();
  }
  if (arguments.json) {
    print("{}\n", to_json(summary, full, plan));
    return 0;
  }
  print("{}, input {}, {} classes\n\n", architecture.model, to_string(architecture.input), architecture.classes);
  for (const std::string& line : eval::to_lines(summary)) print("{}\n", line);
  if (full) print_saving(summary, *full);
  if (!plan.empty()) print("\n{}", plan);
  return 0;
}

}  // namespace

Command add_summary(CLI::App& program) {
  CLI::App* command = program.add_subcommand("summary", "Show a network's layers, parameters and multiply-adds");
  auto arguments = std::make_shared<SummaryArguments>();
  arguments->network.add_to(*command);
  command->add_flag("--plan", arguments->plan, "Also show which kernel runs what, in which order and layout");
  command->add_option("--batch-size", arguments->batch_size, "Images at once, for --plan")->capture_default_str();
  command->add_flag("--json", arguments->json,
                    "JSON: parameters, macs, layers; of separable networks what they have without_separable_blocks");
  arguments->machine.add_to(*command, false);
  command->footer("Examples:\n  residual summary resnet20 --plan\n  residual summary runs/resnet20-shapes/best.safetensors");
  return {command, [arguments] { return run_summary(*arguments); }};
}

}  // namespace residual::cli
