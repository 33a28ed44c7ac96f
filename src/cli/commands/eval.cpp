// residual eval: the accuracy and loss of a model on a data set.
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/options/arguments.h"
#include "cli/options/listed_values.h"
#include "cli/options/model_arguments.h"
#include "cli/process/interrupt.h"
#include "cli/terminal/help.h"
#include "cli/terminal/output.h"
#include "cli/terminal/progress_bar.h"
#include "core/limits.h"
#include "data/dataset.h"
#include "eval/evaluate.h"

namespace residual::cli {
namespace {

struct EvalArguments {
  ModelArguments model;
  std::string split;
  DataArguments data;
  MachineArguments machine;
  int64_t batch_size = 128, crops = 1;
  bool json = false;
};

eval::Evaluation evaluate(const EvalArguments& arguments, const eval::Model& model, const data::Dataset& dataset) {
  ProgressBar bar(true);
  eval::EvaluateOptions options;
  options.batch_size = arguments.batch_size;
  options.crops = arguments.crops;
  options.target = arguments.machine.target();
  options.stop = interrupted;
  options.loader_threads = arguments.machine.loader_threads;
  options.progress = [&](int64_t done, int64_t all) {
    bar.update(done, all, [&] { return fmt::format("{}/{} images", done, all); });
    stop_if_interrupted();
  };
  return eval::evaluate(model, dataset, std::move(options));
}

nlohmann::ordered_json to_json(const eval::Evaluation& result) {
  return {{"images", result.images},
          {"correct", result.correct},
          {"top1", result.top1()},
          {"top5", result.top5()},
          {"loss", result.loss},
          {"images_per_second", result.images_per_second()},
          {"classes_by", eval::name_of(result.classes_by)},
          {"unknown_classes", result.unknown_classes},
          {"images_left_out", result.images_left_out}};
}

int run_eval(EvalArguments& arguments) {
  arguments.machine.check();
  check_range("--batch-size", arguments.batch_size, 1, kMostBatch);
  data::check_split(arguments.split);
  const eval::Model model = arguments.model.load_for_images();
  model.preprocessing.crops(arguments.crops);  // rejects an unsupported number before the data are opened
  arguments.data.exif_orientation |= model.preprocessing.exif_orientation();
  const data::DataSource source = arguments.data.open(model.architecture.input);
  const data::Dataset& dataset = source.split(arguments.split);
  if (!arguments.json) print("{}\n", source.found);
  const InterruptScope interrupts;
  const eval::Evaluation result = evaluate(arguments, model, dataset);
  if (arguments.json) {
    print("{}\n", to_json(result).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return 0;
  }
  print("images    {} ({})\ncorrect     {}\ntop-1       {:.2f}%\ntop-5       {:.2f}%\nloss        {:.4f}\nimages/s  {:.0f}\n",
        with_commas(result.images), dataset.description(), with_commas(result.correct), 100 * result.top1(), 100 * result.top5(),
        result.loss, result.images_per_second());
  if (result.images_left_out > 0)
    print("left out    {} of classes that the model does not have\n", counted(result.images_left_out, "image"));
  return 0;
}

}  // namespace

Command add_eval(CLI::App& program) {
  CLI::App* command = program.add_subcommand("eval", "Measure a model on a data set");
  auto arguments = std::make_shared<EvalArguments>();
  arguments->model.add_to(*command);
  arguments->data.add_to(*command);
  add_split(*command, arguments->split);
  command->add_option("--batch-size", arguments->batch_size, "Images at once")->capture_default_str();
  command
      ->add_option("--crops", arguments->crops,
                   "Average the logits of 1, 5 (corners and centre) or 10 (and their mirror images) crops of each image")
      ->capture_default_str();
  command->add_flag("--json", arguments->json,
                    "JSON: images, correct, top1, top5, loss, images_per_second, classes_by (names, folded names or numbers), "
                    "unknown_classes and images_left_out");
  arguments->machine.add_to(*command, true);
  shorten_help(*command, {"Weights", "Network", "Data", "Machine"});
  command->footer(
      "Examples:\n  residual eval runs/resnet20-shapes/best.safetensors --data shapes\n"
      "  residual eval resnet50 --data imagenette2-320\n"
      "  residual eval resnet20-12fca82f.th --preprocess imagenet-norm --data cifar10");
  return {command, [arguments] { return run_eval(*arguments); }};
}

}  // namespace residual::cli
