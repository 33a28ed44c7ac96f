#include "train/run/run_report.h"

#include "eval/summary.h"
#include "train/report/report_mistakes.h"
#include "train/run/held_out.h"

namespace residual::train {
namespace {

std::string best_note(std::string_view selection) {
  if (selection == "test") return "The best epoch was chosen on the test split: there is no validation split.";
  if (selection == "validation") return "The best epoch was chosen on the validation split.";
  return "There is nothing to choose the best epoch on: it is the last.";
}

void add_evaluation(const eval::Evaluation& evaluation, const HeldOut& held_out, RunReport& report) {
  report.facts.emplace_back(fmt::format("Best model, on the {} images", held_out.split),
                            fmt::format("{} of {} right ({:.2f}%), top-5 {:.2f}%, loss {:.4f}", evaluation.correct,
                                        evaluation.images, 100 * evaluation.top1(), 100 * evaluation.top5(), evaluation.loss));
  report.confusion = evaluation.confusion;
  report.mistakes = reported_mistakes(evaluation, *held_out.dataset);
}

}  // namespace

RunReport run_report(const TrainOptions& options, const data::DataSource& source, const Plan& plan, const TrainResult& result) {
  const eval::NetworkSummary summary = eval::summarize(options.architecture);
  RunReport report;
  report.title = fmt::format("{} on {}", options.architecture.model, data::name_of(source.format));
  report.command = options.command;
  report.facts = {{"Data", source.found},
                  {"Optimizer", fmt::format("{}, learning rate {}, {} schedule, batch {}", options.optimizer.name,
                                            options.schedule.learning_rate, options.schedule.name, options.batch_size)},
                  {"Processor", fmt::format("{}, {} threads", plan.description, plan.threads)}};
  if (result.evaluation) add_evaluation(*result.evaluation, final_split(source), report);
  report.model = eval::to_lines(summary);
  report.parameters = summary.parameters;
  report.macs = summary.macs;
  report.epochs = result.epochs;
  report.split = result.selection.empty() ? "test" : result.selection;
  report.best_epoch = result.best_epoch;
  report.best_note = best_note(result.selection);
  report.classes = source.classes();
  return report;
}

}  // namespace residual::train
