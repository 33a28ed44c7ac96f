// residual predict: what a model sees in pictures.
#include "eval/predict.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/model_arguments.h"
#include "cli/output.h"

namespace residual::cli {
namespace {

struct PredictArguments {
  ModelArguments model;
  std::vector<std::string> pictures;
  MachineArguments machine;
  int64_t top = 5;
  bool json = false;
};

nlohmann::ordered_json to_json(const std::vector<eval::Prediction>& predictions) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const eval::Prediction& prediction : predictions) {
    list.push_back({{"class", prediction.label}, {"index", prediction.index}, {"probability", prediction.probability}});
  }
  return list;
}

// Text that came from a file, fit for a terminal.
std::string plain(const std::string& text) {
  std::string result = text;
  for (char& letter : result) {
    if (static_cast<unsigned char>(letter) < 32 || letter == 127) letter = '?';
  }
  return result;
}

// A picture that cannot be used is named, the others are still answered; the exit code tells at the end.
int run_predict(PredictArguments& arguments) {
  arguments.machine.check();
  check_range("--top", arguments.top, 1, 1'000'000);
  eval::Model model = arguments.model.load_for_pictures();
  eval::Predictor predictor(model, {.threads = arguments.machine.threads});
  int code = 0;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const std::string& picture : arguments.pictures) {
    try {
      const std::vector<eval::Prediction> predictions = predictor.predict(std::filesystem::path(picture), arguments.top);
      if (arguments.json) {
        list.push_back({{"picture", picture}, {"predictions", to_json(predictions)}});
        continue;
      }
      print("{}\n", picture);
      for (const eval::Prediction& prediction : predictions) {
        print("  {:6.2f}%  {}\n", 100 * prediction.probability, plain(prediction.label));
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kBadFile) throw;
      complain(error.what());
      if (arguments.json) list.push_back({{"picture", picture}, {"error", error.what()}});
      code = exit_code(error.kind());
    }
  }
  if (arguments.json) print("{}\n", list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return code;
}

}  // namespace

Command add_predict(CLI::App& program) {
  CLI::App* command = program.add_subcommand("predict", "Classify pictures");
  auto arguments = std::make_shared<PredictArguments>();
  arguments->model.add_to(*command);
  command->add_option("PICTURE", arguments->pictures, "JPEG or PNG files")->required();
  command->add_option("--top", arguments->top, "How many classes to tell, likeliest first")->capture_default_str();
  command->add_flag("--json", arguments->json, "A JSON list: picture, predictions (class, index, probability)");
  arguments->machine.add_to(*command, false);
  command->footer("Example:\n  residual predict runs/resnet20-shapes/best.safetensors one.png two.jpg --top 3");
  return {command, [arguments] { return run_predict(*arguments); }};
}

}  // namespace residual::cli
