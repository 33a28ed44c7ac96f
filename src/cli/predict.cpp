// residual predict: what a model sees in pictures.
#include "eval/predict.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/fetched.h"
#include "cli/model_arguments.h"
#include "cli/output.h"
#include "cli/picture_inputs.h"
#include "core/json_text.h"
#include "core/limits.h"

namespace residual::cli {
namespace {

struct PredictArguments {
  ModelArguments model;
  std::vector<std::string> pictures;
  std::string labels;
  MachineArguments machine;
  int64_t top = 5;
  bool exif_orientation = false, json = false;
};

nlohmann::ordered_json to_json(const std::vector<eval::Prediction>& predictions) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const eval::Prediction& prediction : predictions) {
    list.push_back({{"class", prediction.label}, {"index", prediction.index}, {"probability", prediction.probability}});
  }
  return list;
}

// A picture that cannot be used is named, the others are still answered; the exit code tells at the end.
int run_predict(PredictArguments& arguments) {
  arguments.machine.check();
  check_range("--top", arguments.top, 1, kMostClasses);
  refuse_fetchable(arguments.model.file);
  eval::Model model = arguments.model.load_for_pictures();
  if (arguments.exif_orientation) model.preprocessing = model.preprocessing.with_exif_orientation(true);
  if (!arguments.labels.empty()) name_classes(model, arguments.labels);
  eval::Predictor predictor(model, {.threads = arguments.machine.threads});
  const std::vector<PictureInput> pictures = picture_inputs(arguments.pictures);
  int code = 0;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const PictureInput& picture : pictures) {
    try {
      const std::vector<std::byte> bytes = picture.read();
      const std::vector<eval::Prediction> predictions =
          predictor.predict(bytes, shown(picture.name, kMostOfAPath), arguments.top);
      if (arguments.json) {
        list.push_back({{"picture", picture.name}, {"predictions", to_json(predictions)}});
        continue;
      }
      print("{}\n", shown(picture.name, kMostOfAPath));
      for (const eval::Prediction& prediction : predictions) {
        print("  {:6.2f}%  {}\n", 100 * prediction.probability, shown(prediction.label));
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kBadFile) throw;
      complain(error.what());
      if (arguments.json) list.push_back({{"picture", picture.name}, {"error", error.what()}});
      code = exit_code(error.kind());
    }
  }
  if (arguments.json) print("{}\n", indented(list));
  return code;
}

}  // namespace

Command add_predict(CLI::App& program) {
  CLI::App* command = program.add_subcommand("predict", "Classify pictures");
  auto arguments = std::make_shared<PredictArguments>();
  arguments->model.add_to(*command);
  command
      ->add_option("PICTURE", arguments->pictures,
                   "JPEG or PNG files, folders of them (with all below), or - for one on standard input")
      ->required();
  command->add_option("--labels", arguments->labels, "File with the names of the classes: one a line, or JSON");
  command->add_flag("--exif-orientation", arguments->exif_orientation,
                    "Turn pictures upright as their Exif data say (default: where the model's pictures were turned)");
  command->add_option("--top", arguments->top, "How many classes to tell, likeliest first")->capture_default_str();
  command->add_flag("--json", arguments->json, "A JSON list: picture, predictions (class, index, probability)");
  arguments->machine.add_to(*command, false);
  command->footer(
      "Example:\n  residual predict runs/resnet20-shapes/best.safetensors one.png two.jpg --top 3\n"
      "  curl -s ADDRESS | residual predict runs/resnet20-shapes/best.safetensors - --json");
  return {command, [arguments] { return run_predict(*arguments); }};
}

}  // namespace residual::cli
