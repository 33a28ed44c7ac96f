// residual train: builds a run from the options and prints its progress as lines, a bar or JSON.
#include "train/trainer.h"

#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/options/train_options.h"
#include "cli/process/interrupt.h"
#include "cli/reports/train_report.h"
#include "cli/terminal/output.h"

namespace residual::cli {
namespace {

int run_train(TrainArguments& arguments) {
  const InterruptScope interrupts("interrupted; the same command with --resume goes on");
  arguments.check();
  show_messages(arguments.quiet);
  // First, so that data are not fetched for weights that cannot be trained.
  const std::optional<convert::LoadedModel> pretrained = arguments.pretrained.load(arguments.named_network());
  const data::DataSource source = arguments.data.open(arguments.wanted_input());
  const eval::Model* weights = pretrained ? &pretrained->model : nullptr;
  const train::TrainRequest request = arguments.request();
  train::TrainOptions options = train::settle(request, source, weights);
  options.out = arguments.folder(options.architecture.model);
  std::optional<train::Start> start;
  if (pretrained) start = train::start_from(pretrained->model, options.architecture, source.classes());
  TrainReport report(arguments, options);
  report.start(source);
  if (start) report.note(arguments.pretrained.describe(*pretrained, *start, options.architecture.classes));
  const data::Preprocessing preprocessing = train::settle_preprocessing(request, options, source, weights, report.reading());
  stop_if_interrupted();
  try {
    report.finish(train::train(options, source, preprocessing, report.observer(), start ? &start->weights : nullptr));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInterrupted) throw;
    fail(ErrorKind::kInterrupted, "{}; the same command with --resume goes on", error.what());
  }
  return 0;
}

}  // namespace

Command add_train(CLI::App& program) {
  CLI::App* command = program.add_subcommand("train", "Train a network on a data set");
  auto arguments = std::make_shared<TrainArguments>();
  arguments->add_to(*command);
  command->footer(
      "Examples:\n  residual train --data shapes\n  residual train --model resnet56 --data cifar-10-batches-bin --epochs 100 "
      "--val-split 0.1 --out runs/r56\n  residual train --model resnet56 --data cifar-10-batches-bin --epochs 100 "
      "--val-split 0.1 --out runs/r56 --resume");
  arguments->command = command_line();
  return {command, [arguments] { return run_train(*arguments); }};
}

}  // namespace residual::cli
