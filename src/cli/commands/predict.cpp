// residual predict: the most likely classes of images.
#include "eval/predict.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/options/arguments.h"
#include "cli/options/fetched.h"
#include "cli/options/image_inputs.h"
#include "cli/options/model_arguments.h"
#include "cli/terminal/output.h"
#include "core/json_text.h"
#include "core/limits.h"

namespace residual::cli {
namespace {

struct PredictArguments {
  ModelArguments model;
  std::vector<std::string> images;
  std::string labels;
  MachineArguments machine;
  int64_t top = 5;
  bool exif_orientation = false, json = false;
};

nlohmann::ordered_json to_json(const std::vector<Prediction>& predictions) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Prediction& prediction : predictions) {
    list.push_back({{"class", prediction.label}, {"index", prediction.index}, {"probability", prediction.probability}});
  }
  return list;
}

// An unusable image is reported and the others are still classified; the exit code is then that of kBadFile.
int run_predict(PredictArguments& arguments) {
  arguments.machine.check();
  check_range("--top", arguments.top, 1, kMostClasses);
  refuse_fetchable(arguments.model.file);
  eval::Model model = arguments.model.load_for_images();
  if (!arguments.labels.empty()) name_classes(model, arguments.labels);
  PredictorOptions options;
  if (arguments.exif_orientation) options.exif_orientation = true;
  eval::Predictor predictor(std::make_shared<const eval::Model>(std::move(model)), arguments.machine.target(), options);
  const std::vector<ImageInput> images = image_inputs(arguments.images);
  int code = 0;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ImageInput& image : images) {
    try {
      const std::vector<std::byte> bytes = image.read();
      const std::string name = printable(image.name, kMostOfAPath);
      const std::vector<Prediction> predictions = predictor.predict(EncodedImage{bytes, name}, arguments.top);
      if (arguments.json) {
        list.push_back({{"image", image.name}, {"predictions", to_json(predictions)}});
        continue;
      }
      print("{}\n", name);
      for (const Prediction& prediction : predictions) {
        print("  {:6.2f}%  {}\n", 100 * prediction.probability, printable(prediction.label));
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kBadFile) throw;
      complain(error.what());
      if (arguments.json) list.push_back({{"image", image.name}, {"error", error.what()}});
      code = exit_code(error.kind());
    }
  }
  if (arguments.json) print("{}\n", indented(list));
  return code;
}

}  // namespace

Command add_predict(CLI::App& program) {
  CLI::App* command = program.add_subcommand("predict", "Classify images");
  auto arguments = std::make_shared<PredictArguments>();
  arguments->model.add_to(*command);
  command
      ->add_option("IMAGE", arguments->images,
                   "JPEG or PNG files, folders of them (with all below), or - for one on standard input")
      ->required();
  command->add_option("--labels", arguments->labels, "File with the names of the classes: one a line, or JSON");
  command->add_flag("--exif-orientation", arguments->exif_orientation,
                    "Turn images upright as their Exif data say (default: as in training)");
  command->add_option("--top", arguments->top, "How many classes to print, likeliest first")->capture_default_str();
  command->add_flag("--json", arguments->json, "A JSON list: image, predictions (class, index, probability)");
  arguments->machine.add_to(*command, false);
  command->footer(
      "Example:\n  residual predict runs/resnet20-shapes/best.safetensors one.png two.jpg --top 3\n"
      "  curl -s ADDRESS | residual predict runs/resnet20-shapes/best.safetensors - --json");
  return {command, [arguments] { return run_predict(*arguments); }};
}

}  // namespace residual::cli
