// residual bench: the speed of a network on this machine, in total and by step.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/command.h"
#include "cli/options/arguments.h"
#include "cli/reports/bench_run.h"
#include "cli/reports/machine.h"
#include "cli/terminal/output.h"
#include "convert/load.h"
#include "core/limits.h"

namespace residual::cli {
namespace {

struct BenchArguments {
  NetworkArguments network;
  MachineArguments machine;
  int64_t batch_size = 32;
  double seconds = 3;
  bool training = false, json = false, worker = false;
};

constexpr int kWarmUp = 2, kLeastSamples = 7, kCostliest = 12;

struct Timing {
  double median = 0, spread = 0;  // seconds a batch; interquartile range over the median
  size_t samples = 0;
};

Timing time_batches(BenchRun& run, double seconds) {
  run.run(kWarmUp);
  std::vector<double> samples;
  double spent = 0;
  while (spent < seconds || samples.size() < kLeastSamples) {
    samples.push_back(run.run(1));
    spent += samples.back();
  }
  std::ranges::sort(samples);
  const auto at = [&](double part) { return samples[static_cast<size_t>(part * static_cast<double>(samples.size() - 1) + 0.5)]; };
  return {at(0.5), (at(0.75) - at(0.25)) / at(0.5), samples.size()};
}

void print_costliest(BenchRun& run) {
  const std::vector<PlanStep>& steps = run.plan().steps;
  constexpr int kRuns = 5;
  std::vector<double> seconds(steps.size());
  for (int i = 0; i < kRuns; ++i) run.profile(seconds);
  const double all = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  std::vector<size_t> order(steps.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) { return seconds[a] > seconds[b]; });
  order.resize(std::min<size_t>(order.size(), kCostliest));
  print("\ncostliest steps of {}\n{:>7} {:>9} {:>9} {:>8}  {:<26} {:<30} {}\n", steps.size(), "share", "ms", "GFLOP/s", "GB/s",
        "layer", "ops", "kernel");
  for (const size_t i : order) {
    const double once = std::max(seconds[i] / kRuns, 1e-9);
    print("{:6.1f}% {:9.3f} {:9.1f} {:8.1f}  {:<26} {:<30} {}\n", 100 * seconds[i] / all, once * 1e3,
          static_cast<double>(steps[i].flops) / once / 1e9, static_cast<double>(steps[i].bytes) / once / 1e9, steps[i].name,
          steps[i].what, steps[i].kernel);
  }
}

// For timing in turns with other programs: prints `ready SECONDS`, then for every line K of input the seconds of K batches.
int serve(BenchRun& run, double ready) {
  print("ready {:.3f}\n", ready);
  for (std::string line; std::getline(std::cin, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    int64_t batches = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), batches);
    if (error != std::errc{} || end != line.data() + line.size() || batches < 1) {
      fail(ErrorKind::kUsage, "--worker read '{}', expected a number of batches in each line", line);
    }
    print("{:.6f}\n", run.run(batches));
  }
  return 0;
}

int run_bench(BenchArguments& arguments) {
  arguments.machine.check();
  check_range("--batch-size", arguments.batch_size, 1, kMostBatch);
  if (!(arguments.seconds > 0 && arguments.seconds <= 3600)) {
    fail(ErrorKind::kUsage, "--seconds is {}, expected a number above 0 and up to 3600", arguments.seconds);
  }
  if (arguments.json && arguments.worker) fail(ErrorKind::kUsage, "--json and --worker exclude each other; omit one");
  const auto start = std::chrono::steady_clock::now();
  const models::Architecture architecture = arguments.network.architecture();
  State weights;
  if (arguments.network.is_file()) weights = std::move(convert::load(arguments.network.model).model.state);
  BenchRun run(architecture, std::move(weights), {arguments.batch_size, arguments.machine.target(), arguments.training});
  run.run(kWarmUp);
  if (arguments.worker) return serve(run, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());

  const Timing timing = time_batches(run, arguments.seconds);
  const double images = static_cast<double>(arguments.batch_size) / timing.median;
  const double gflops = static_cast<double>(run.plan().flops()) / timing.median / 1e9;
  const size_t memory = peak_resident_bytes();
  const double peak = peak_gflops(arguments.machine.threads);
  if (arguments.json) {
    const nlohmann::ordered_json json{{"images_per_second", images},
                                      {"milliseconds", timing.median * 1e3},
                                      {"gflops", gflops},
                                      {"peak_gflops", peak},
                                      {"peak_bytes", memory}};
    print("{}\n", json.dump());
    return 0;
  }
  print("{}, input {}, batch {}, {}, {} threads, {}\n", architecture.model, to_string(architecture.input), arguments.batch_size,
        arguments.training ? "training" : "inference", run.plan().threads, run.plan().description);
  print("time         {:.2f} ms a batch (median of {}, spread {:.0f}%)\n", timing.median * 1e3, timing.samples,
        100 * timing.spread);
  print("speed        {:.1f} images/s\n", images);
  print("arithmetic   {:.1f} GFLOP/s of {:.1f} that this machine reached just now ({:.0f}%)\n", gflops, peak,
        100 * gflops / peak);
  print("memory       {} at the highest, {} of it planned for values\n", bytes_text(static_cast<double>(memory)),
        bytes_text(static_cast<double>(run.plan().peak_bytes())));
  print_costliest(run);
  return 0;
}

}  // namespace

Command add_bench(CLI::App& program) {
  CLI::App* command = program.add_subcommand("bench", "Measure how fast a network runs here");
  auto arguments = std::make_shared<BenchArguments>();
  arguments->network.add_to(*command);
  command->add_option("--batch-size", arguments->batch_size, "Images at once")->capture_default_str();
  command->add_flag("--train", arguments->training, "Whole training steps instead of forward passes");
  command->add_option("--seconds", arguments->seconds, "How long to measure")->capture_default_str();
  command->add_flag("--json", arguments->json, "JSON: images_per_second, milliseconds, gflops, peak_gflops, peak_bytes");
  command->add_flag(
      "--worker", arguments->worker,
      "Print `ready SECONDS`, then for every line K of standard input run K batches and print the seconds they took");
  arguments->machine.add_to(*command, false);
  command->footer(
      "Examples:\n  residual bench resnet20 --batch-size 128\n  residual bench resnet18-small --batch-size 32 --train");
  return {command, [arguments] { return run_bench(*arguments); }};
}

}  // namespace residual::cli
