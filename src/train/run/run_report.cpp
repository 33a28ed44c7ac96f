#include "train/run/run_report.h"

#include <algorithm>
#include <set>

#include "eval/summary.h"
#include "train/options/hyperparameter.h"
#include "train/report/mistakes.h"
#include "train/run/held_out.h"
#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

std::string best_note(std::string_view selection) {
  if (selection == "test") return "The best epoch was chosen on the test split: there is no validation split.";
  if (selection == "validation") return "The best epoch was chosen on the validation split.";
  return "There is nothing to choose the best epoch on: it is the last.";
}

std::string kernels_note(bool timed) {
  return timed
             ? "chosen by timing: another run may choose others, and its results differ in the last bits (--no-tune chooses the "
               "same ones every time)"
             : "chosen without timing: the same ones every time";
}

void add_evaluation(const eval::Evaluation& evaluation, const HeldOut& held_out, RunReport& report) {
  report.facts.emplace_back(fmt::format("Best model, on the {} images", held_out.split),
                            fmt::format("{} of {} right ({:.2f}%), top-5 {:.2f}%, loss {:.4f}", evaluation.correct,
                                        evaluation.images, 100 * evaluation.top1(), 100 * evaluation.top5(), evaluation.loss));
  report.confusion = evaluation.confusion;
  report.evaluated = held_out.split;
  report.mistakes = reported_mistakes(evaluation, *held_out.dataset);
}

// What the data set is called: by its publisher, else by the user's folder.
std::string data_name(const TrainOptions& options, const data::DataSource& source) {
  switch (source.format) {
    case data::Format::kShapes: return "the built-in shapes";
    case data::Format::kCifar10: return "CIFAR-10";
    case data::Format::kCifar100: return "CIFAR-100";
    case data::Format::kIdx:
    case data::Format::kNumbered:
    case data::Format::kFolder:
    case data::Format::kMemory: break;
  }
  return options.data.empty() ? fmt::format("images of {} classes", source.classes().size()) : options.data;
}

// 100 moments of the warm-up and 400 of the whole run; the learning rate changes within an epoch.
std::vector<ScheduledRate> learning_rates(const TrainOptions& options, int64_t steps_per_epoch, int64_t steps) {
  std::set<int64_t> moments{0, steps - 1};
  const auto add = [&](int64_t first, int64_t last, int64_t count) {
    for (int64_t i = 0; i <= count; ++i) moments.insert(std::clamp(first + (last - first) * i / count, int64_t{0}, steps - 1));
  };
  add(0, *options.warmup_steps, 100);
  add(0, steps - 1, 400);
  std::vector<ScheduledRate> rates;
  for (const int64_t step : moments) {
    rates.push_back(
        {static_cast<double>(step) / static_cast<double>(steps_per_epoch), learning_rate(options, step, steps_per_epoch)});
  }
  return rates;
}

}  // namespace

RunReport run_report(const TrainOptions& options, const data::DataSource& source, const Plan& plan, int64_t steps_per_epoch,
                     const TrainResult& result) {
  const eval::NetworkSummary summary = eval::summarize(options.architecture);
  RunReport report;
  report.title = fmt::format("{} trained on {}", options.architecture.model, data_name(options, source));
  report.command = options.command;
  report.facts = {{"Data", source.found},
                  {"Optimizer", fmt::format("{}, learning rate {}, {} schedule, batch {}", name_of(options.optimizer),
                                            *options.learning_rate, name_of(options.schedule), options.batch_size)},
                  {"Processor", fmt::format("{}, {} threads", plan.description, plan.threads)},
                  {"Kernels", kernels_note(result.timed_kernels)}};
  if (result.evaluation) add_evaluation(*result.evaluation, final_split(source), report);
  report.model = eval::to_lines(summary);
  report.parameters = summary.parameters;
  report.macs = summary.macs;
  report.epochs = result.epochs;
  report.learning_rates = learning_rates(options, steps_per_epoch, steps_per_epoch * static_cast<int64_t>(result.epochs.size()));
  report.split = result.selection.empty() ? "test" : result.selection;
  report.best_epoch = result.best_epoch;
  report.best_note = best_note(result.selection);
  report.classes = source.classes();
  return report;
}

}  // namespace residual::train
