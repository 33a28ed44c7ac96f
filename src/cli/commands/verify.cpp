// residual verify: whether two models give the same logits, and the first layer that differs.
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/command.h"
#include "cli/inputs/fetched.h"
#include "cli/options/arguments.h"
#include "cli/options/listed_values.h"
#include "cli/options/model_arguments.h"
#include "cli/reports/comparison.h"
#include "cli/terminal/help.h"
#include "cli/terminal/output.h"
#include "convert/compare.h"
#include "core/json_text.h"
#include "core/limits.h"
#include "data/sources/image_files.h"

namespace residual::cli {
namespace {

struct VerifyArguments {
  std::string a, b;
  WeightsArguments weights;
  std::string data, split;
  MachineArguments machine;
  convert::CompareOptions options;
  bool json = false;
};

std::string_view note_on(convert::Prepared prepared) {
  switch (prepared) {
    case convert::Prepared::kAlike: return "";
    case convert::Prepared::kByTheFirst:
      return "the models preprocess images differently; here both take them as the first preprocesses them\n";
    case convert::Prepared::kByEach: break;
  }
  return "the models preprocess images differently; here each preprocesses them itself\n";
}

nlohmann::ordered_json to_json(const convert::Comparison& comparison) {
  nlohmann::ordered_json json{{"same", comparison.same},
                              {"prepared", convert::name_of(comparison.prepared)},
                              {"batches", nlohmann::ordered_json::array()},
                              {"first_layer", nullptr}};
  for (const convert::BatchComparison& batch : comparison.batches) {
    json["batches"].push_back({{"batch_size", batch.batch_size},
                               {"images", batch.images},
                               {"absolute", batch.absolute},
                               {"relative", batch.relative},
                               {"agree", batch.agree}});
  }
  if (comparison.first) {
    json["first_layer"] = {{"name", comparison.first->name}, {"kind", comparison.first->kind}};
    if (comparison.first->relative) json["first_layer"]["relative"] = *comparison.first->relative;
  }
  return json;
}

// The images to run both models on: those of a data set, or of a folder of images without labels.
class VerifyData {
 public:
  VerifyData(const VerifyArguments& arguments, const eval::Model& model) {
    const bool upright = model.preprocessing.exif_orientation();
    std::error_code ignored;
    if (arguments.split.empty() && std::filesystem::is_directory(arguments.data, ignored) && is_loose(arguments.data)) {
      unlabelled_ = data::open_unlabelled(arguments.data, model.architecture.input[0], upright);
      return;
    }
    DataArguments data;
    data.path = arguments.data;
    data.exif_orientation = upright;
    source_ = data.open(model.architecture.input);
    split_ = arguments.split;
  }
  const data::Dataset& images() const { return unlabelled_ ? *unlabelled_ : source_.split(split_); }

 private:
  // Images that are not in class folders: not a data set.
  static bool is_loose(const std::filesystem::path& folder) {
    std::error_code ignored;
    bool images = false, folders = false;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      images |= data::has_image_name(entry.path().filename().string());
      folders |= entry.is_directory(ignored);
    }
    return images && !folders;
  }

  data::DataSource source_;
  std::unique_ptr<data::Dataset> unlabelled_;
  std::string split_;
};

// The options are for both models; --weights-in is for the one that holds several.
convert::LoadedModel load_one(const std::string& file, convert::LoadOptions options) {
  std::error_code ignored;
  const std::filesystem::path path = convert::model_in(file);
  const bool chosen = !options.weights_in.empty() && std::filesystem::exists(path, ignored);
  if (chosen && convert::holds_one_network(convert::kind_of(path))) options.weights_in.clear();
  return load_model(file, options);
}

int run_verify(VerifyArguments& arguments) {
  arguments.machine.check();
  check_range("--batch-size", arguments.options.batch_size, 1, kMostBatch);
  check_range("--images", arguments.options.images, 1, 1'000'000'000);
  if (const double tolerance = arguments.options.tolerance; !(tolerance >= 0 && std::isfinite(tolerance))) {
    fail(ErrorKind::kUsage, "--tolerance is {}, expected a number from 0 on", tolerance);
  }
  data::check_split(arguments.split);
  arguments.options.target = arguments.machine.untuned_target();
  convert::LoadedModel a = load_one(arguments.a, arguments.weights.options());
  convert::LoadedModel b = load_one(arguments.b, arguments.weights.options());
  convert::share_preprocessing(a, arguments.a, b, arguments.b);
  std::optional<VerifyData> data;
  if (!arguments.data.empty()) {
    if (!a.model.preprocessing_known) refuse_unprepared(arguments.a);
    data.emplace(arguments, a.model);
  }
  const convert::Comparison comparison = convert::compare_as_prepared(a, b, data ? &data->images() : nullptr, arguments.options);
  if (arguments.json) {
    print("{}\n", indented(to_json(comparison)));
  } else {
    print("{}", note_on(comparison.prepared));
    print_comparison(comparison);
  }
  return exit_code(comparison);
}

}  // namespace

Command add_verify(CLI::App& program) {
  CLI::App* command = program.add_subcommand("verify", "Compare the logits of two models, and find the first layer that differs");
  auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("A", arguments->a, "A model file, weights of another program, or published weights by name")->required();
  command->add_option("B", arguments->b, "Another")->required();
  command->add_option("--data", arguments->data,
                      "Images to run both on, a data set or a folder of images (default: random numbers)");
  add_split(*command, arguments->split);
  command->add_option("--images", arguments->options.images, "How many of the data")->capture_default_str();
  command->add_option("--batch-size", arguments->options.batch_size, "Images computed at once, beside one by one")
      ->capture_default_str();
  command
      ->add_option("--tolerance", arguments->options.tolerance,
                   "Largest difference that counts as equal, as a fraction of the largest logit")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "JSON: same, prepared, batches, first_layer");
  arguments->weights.add_to(*command);
  arguments->machine.add_to(*command, false);
  shorten_help(*command, {"Weights", "Network", "Machine"});
  command->footer(
      "Example:\n  residual verify resnet20.safetensors resnet20.pth --data shapes\n"
      "The exit code is 0 when they are the same and 6 when they differ.");
  return {command, [arguments] { return run_verify(*arguments); }};
}

}  // namespace residual::cli
