#include "cli/options/arguments.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "api/target.h"
#include "cli/inputs/fetched.h"
#include "cli/options/listed_values.h"
#include "cli/reports/reading.h"
#include "cli/terminal/compile_progress.h"
#include "convert/load.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/threads/threads.h"
#include "data/labels.h"
#include "data/preprocessing/presets.h"
#include "models/named_networks.h"

namespace residual::cli {
namespace {
constexpr std::string_view kWeightEndings[] = {".safetensors", ".pth", ".pt", ".th", ".bin", ".onnx"};
}

void MachineArguments::add_to(CLI::App& command, bool with_loader) {
  suggest(command.add_option("--device", device, "Where to compute: auto, or a name that `residual devices` lists")
              ->capture_default_str()
              ->group("Machine"),
          device_names());
  list_values(
      command.add_option("--precision", precision, "What convolutions multiply on a GPU (default: bf16 in training, else tf32)")
          ->group("Machine"),
      {"fp32", "tf32", "bf16"});
  command.add_flag("--deterministic", deterministic, "Equal bits every time, on a GPU too")->group("Machine");
  command.add_option("--threads", threads, "Threads that compute (default: what the machine or its container allows)")
      ->group("Machine");
  if (with_loader) {
    command.add_option("--loader-threads", loader_threads, "Threads that read and preprocess images ahead")
        ->capture_default_str()
        ->group("Machine");
  }
  command
      .add_flag_callback(
          "--no-tune", [this] { tune = false; },
          "Do not time kernels to find the fastest: the same ones run every time, so that equal options give equal bytes")
      ->group("Machine");
}

void MachineArguments::check() {
  check_range("--threads", threads, 0, kMostThreads);
  check_range("--loader-threads", loader_threads, 1, kMostLoaderThreads);
  if (threads == 0) threads = allowed_threads();
  residual::check(options());
}

Target MachineArguments::target() const {
  Target target = make_target(options());
  target.observer = compile_progress();
  return target;
}

Target MachineArguments::untuned_target() const {
  TargetOptions untuned = options();
  untuned.tune = false;
  return make_target(untuned);
}

TargetOptions MachineArguments::options() const {
  return {.device = device, .precision = precision, .deterministic = deterministic, .threads = threads, .tune = tune};
}

void DataArguments::add_to(CLI::App& command, bool positional) {
  std::vector<std::string> names{"shapes"};
  for (const fetch::Entry& entry : fetch::catalogue()) {
    if (entry.kind == fetch::Kind::kData) names.push_back(entry.name);
  }
  suggest(command
              .add_option(positional ? "PATH" : "--data", path,
                          "A folder or archive of images, a data set's name as in `residual fetch --list`, or `shapes` for the "
                          "built-in ones")
              ->required(),
          names);
  command.add_option("--val-split", val_split, "Fraction of the training images for the validation split")
      ->capture_default_str()
      ->group("Data");
  command.add_flag("--exif-orientation", exif_orientation, "Turn images upright by their Exif data (folders of images)")
      ->group("Data");
  command.add_flag("--skip-broken", skip_broken, "Omit images that cannot be read, and list them (folders of images)")
      ->group("Data");
  command.add_flag("--coarse-labels", coarse_labels, "CIFAR-100: its 20 coarse classes")->group("Data");
  command.add_option("--labels", labels, "File with the names of the classes: one a line, or JSON")->group("Data");
  command.add_option("--data-seed", seed, "Seed of the validation split and of the built-in images")
      ->capture_default_str()
      ->group("Data");
  command.add_option("--train-size", train_size, "Number of built-in training images")->capture_default_str()->group("Data");
  command.add_option("--test-size", test_size, "Number of built-in test images")->capture_default_str()->group("Data");
}

data::DataSource DataArguments::open(const std::optional<Shape>& input) const {
  if (path != "shapes" && (train_size != data::OpenOptions{}.train_size || test_size != data::OpenOptions{}.test_size)) {
    fail(ErrorKind::kUsage, "--train-size and --test-size belong to `--data shapes`, not to '{}'", path);
  }
  data::OpenOptions options;
  options.val_split = val_split;
  options.exif_orientation = exif_orientation;
  options.skip_broken = skip_broken;
  options.coarse_labels = coarse_labels;
  if (!labels.empty()) options.class_names = data::read_labels(labels);
  options.seed = static_cast<uint64_t>(seed);
  options.train_size = train_size;
  options.test_size = test_size;
  if (input) {
    options.channels = (*input)[0];
    if (path == "shapes") {
      options.shapes_height = (*input)[1];
      options.shapes_width = (*input)[2];
    }
  }
  data::check(options);
  options.path = data_path(path);  // last, since it may be downloaded
  ProgressBar bar(true);
  options.observer.progress = show_reading(bar);
  return data::open_data(options);
}

void add_preprocess(CLI::App& command, std::string& preprocess) {
  suggest(command
              .add_option("--preprocess", preprocess,
                          fmt::format("Preprocessing of images: {}, a timm config.json, a Hugging Face preprocessor_config.json, "
                                      "or a JSON list of steps",
                                      fmt::join(data::preset_names(), ", ")))
              ->group("Data"),
          data::preset_names());
}

void NetworkArguments::add_to(CLI::App& command) {
  suggest(
      command.add_option("MODEL", model, "A model file, a name that `residual models` lists, or a description (.json, .toml)")
          ->required(),
      models::model_names());
  options.add_to(command);
  command.add_option("--classes", classes, "Of a name or description: number of classes (default: as published)")
      ->group("Network");
}

bool NetworkArguments::is_file() const {
  if (models::is_description(model)) return false;
  std::error_code ignored;
  if (std::filesystem::is_directory(model, ignored)) return !models::is_model(model);  // a run's folder may be named like it
  const auto ends = [&](std::string_view ending) { return model.ends_with(ending); };
  return model.find('/') != std::string::npos || std::ranges::any_of(kWeightEndings, ends) ||
         std::filesystem::exists(model, ignored);
}

models::Architecture NetworkArguments::architecture() const {
  models::Architecture result;
  if (is_file()) {
    if (classes) fail(ErrorKind::kUsage, "--classes belongs to a network's name; '{}' is a file that holds them", model);
    convert::LoadOptions what_no_tensor_shows;
    what_no_tensor_shows.choices = options.choices();
    result = convert::load(model, what_no_tensor_shows).model.architecture;
  } else {
    result = models::architecture_of(model);
    models::choose(options.choices(), result);
    if (classes) {
      check_range("--classes", *classes, kLeastClasses, kMostClasses);
      result.classes = *classes;
    }
  }
  if (!options.input.empty()) {
    const Shape wanted = parse_input(options.input);
    if (is_file() && wanted[0] != result.input[0]) {
      fail(ErrorKind::kUsage, "--input has {} channels, the network in '{}' takes {}", wanted[0], model, result.input[0]);
    }
    result.input = wanted;
  }
  return result;
}

void name_classes(eval::Model& model, const std::string& labels) {
  eval::name_classes(model, data::read_labels(labels), fmt::format("--labels '{}'", labels));
}

Shape parse_input(const std::string& text) {
  int64_t dims[3] = {};
  const char *at = text.data(), *const end = text.data() + text.size();
  bool sound = true;
  for (int axis = 0; axis < 3 && sound; ++axis) {
    const auto [next, error] = std::from_chars(at, end, dims[axis]);
    sound = error == std::errc{} && (axis == 2 ? next == end : next != end && (*next == 'x' || *next == 'X'));
    at = next + 1;
  }
  if (!sound) fail(ErrorKind::kUsage, "--input is '{}', expected channels x height x width such as 3x32x32", text);
  if (dims[0] != 1 && dims[0] != 3) fail(ErrorKind::kUsage, "--input has {} channels, expected 1 (grey) or 3 (colour)", dims[0]);
  for (const int64_t side : {dims[1], dims[2]}) {
    if (side < 1 || side > kMostSide)
      fail(ErrorKind::kUsage, "--input is '{}', expected sides of 1 to {} pixels", text, kMostSide);
  }
  return Shape{dims[0], dims[1], dims[2]};
}

std::vector<float> parse_numbers(const std::string& text, const char* option) {
  std::vector<float> numbers;
  const char *at = text.data(), *const end = text.data() + text.size();
  while (true) {
    float number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc{} || !std::isfinite(number) || (next != end && *next != ',')) {
      fail(ErrorKind::kUsage, "{} is '{}', expected numbers with commas between them", option, text);
    }
    numbers.push_back(number);
    if (next == end) return numbers;
    at = next + 1;
  }
}

void check_range(const char* option, int64_t value, int64_t least, int64_t most) {
  if (value < least || value > most) fail(ErrorKind::kUsage, "{} is {}, expected {} to {}", option, value, least, most);
}

}  // namespace residual::cli
