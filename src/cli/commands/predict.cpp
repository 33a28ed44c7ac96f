// residual predict: the most likely classes of images.
#include <memory>

#include "cli/command.h"
#include "cli/inputs/image_inputs.h"
#include "cli/options/arguments.h"
#include "cli/options/model_arguments.h"
#include "cli/reports/predictions.h"
#include "cli/terminal/help.h"
#include "cli/terminal/output.h"
#include "cli/terminal/progress_bar.h"
#include "core/json_text.h"
#include "core/limits.h"
#include "core/log.h"
#include "eval/images/image_stream.h"

namespace residual::cli {
namespace {

struct PredictArguments {
  ModelArguments model;
  std::vector<std::string> images;
  std::string labels;
  MachineArguments machine;
  int64_t top = 5;
  std::optional<int64_t> batch_size;
  bool exif_orientation = false, json = false, json_lines = false, csv = false;
};

void check(PredictArguments& arguments) {
  arguments.machine.check();
  check_range("--top", arguments.top, 1, kMostClasses);
  if (arguments.batch_size) check_range("--batch-size", *arguments.batch_size, 1, kMostBatch);
  if (arguments.json + arguments.json_lines + arguments.csv > 1)
    fail(ErrorKind::kUsage, "--json, --json-lines and --csv exclude each other; give one of them");
}

std::unique_ptr<PredictionWriter> writer_of(const PredictArguments& arguments) {
  if (arguments.json) return write_json();
  if (arguments.json_lines) return write_json_lines();
  return arguments.csv ? write_csv() : write_lines();
}

eval::StreamOptions stream_options(const PredictArguments& arguments) {
  eval::StreamOptions options;
  options.target = arguments.machine.target();
  options.batch_size = arguments.batch_size.value_or(0);
  options.loader_threads = arguments.machine.loader_threads;
  options.top = arguments.top;
  if (arguments.exif_orientation) options.exif_orientation = true;
  return options;
}

// An unusable image is reported and the others are still classified; the exit code is then that of kBadFile.
int run_predict(PredictArguments& arguments) {
  check(arguments);
  eval::Model model = arguments.model.load_for_images();
  if (!arguments.labels.empty()) name_classes(model, arguments.labels);
  const ImageInputs inputs = image_inputs(arguments.images);
  if (const std::string note = data::to_text(inputs.left_out); !note.empty()) warn("{}", note);
  std::vector<eval::StreamedImage> images;
  for (const ImageInput& image : inputs.images)
    images.push_back({printable(image.name, kMostOfAPath), [&image] { return image.read(); }});
  const std::unique_ptr<PredictionWriter> writer = writer_of(arguments);
  ProgressBar bar(images.size() > 1);
  int code = 0;
  eval::predict_stream(model, images, stream_options(arguments), [&](const eval::StreamedResult& result) {
    bar.clear();
    const std::string& name = inputs.images[result.index].name;
    if (result.error) {
      complain(result.error->what());
      writer->error(name, result.error->what());
      code = exit_code(result.error->kind());
    } else {
      writer->predictions(name, result.predictions);
    }
    const auto done = static_cast<int64_t>(result.index + 1), all = static_cast<int64_t>(images.size());
    bar.update(done, all, [&] { return fmt::format("{}/{} images", done, all); });
  });
  bar.clear();
  for (const std::string& file : inputs.others) writer->left_out(file);
  writer->finish();
  return code;
}

}  // namespace

Command add_predict(CLI::App& program) {
  CLI::App* command = program.add_subcommand("predict", "Classify images");
  auto arguments = std::make_shared<PredictArguments>();
  arguments->model.add_to(*command);
  command->add_option("IMAGE", arguments->images, "Image files, folders of them (with all below), or - for one on standard input")
      ->required();
  command->add_option("--labels", arguments->labels, "File with the names of the classes: one a line, or JSON");
  command->add_flag("--exif-orientation", arguments->exif_orientation,
                    "Turn images upright as their Exif data say (default: as in training)");
  command->add_option("--top", arguments->top, "How many classes to print, likeliest first")->capture_default_str();
  command->add_option("--batch-size", arguments->batch_size, "Images at once (default: 1, for 64 images and more 32)");
  command->add_flag("--json", arguments->json, "A JSON list: image, predictions (class, index, probability), error or left_out");
  command->add_flag("--json-lines", arguments->json_lines, "The same, an object a line, as soon as it is known");
  command->add_flag("--csv", arguments->csv, "A line for each class: image, rank, class, index, probability, note");
  arguments->machine.add_to(*command, true);
  shorten_help(*command, {"Weights", "Network", "Machine"});
  command->footer(
      "Examples:\n  residual predict runs/resnet20-shapes/best.safetensors one.png two.jpg --top 3\n"
      "  residual predict resnet50 photos --csv > photos.csv\n"
      "  curl -s ADDRESS | residual predict runs/resnet20-shapes/best.safetensors - --json");
  return {command, [arguments] { return run_predict(*arguments); }};
}

}  // namespace residual::cli
