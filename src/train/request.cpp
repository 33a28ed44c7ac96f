#include "train/request.h"

#include <algorithm>

#include "core/threads.h"
#include "data/preprocessing/presets.h"
#include "io/checkpoint.h"
#include "io/checksum.h"
#include "train/defaults.h"
#include "train/optimizers/optimizers.h"
#include "train/run/identity.h"
#include "train/trainer.h"

namespace residual::train {
namespace {

OptimizerOptions optimizer_of(const TrainRequest& request) {
  return {.name = request.optimizer,
          .weight_decay = request.weight_decay.value_or(find_optimizer(request.optimizer).weight_decay),
          .decay_norm_and_bias = request.decay_norm_and_bias,
          .settings = request.optimizer_settings};
}

ScheduleOptions schedule_of(const TrainRequest& request, int64_t training_images) {
  return {.name = request.schedule,
          .learning_rate = request.learning_rate.value_or(find_optimizer(request.optimizer).learning_rate),
          .warmup_steps = request.warmup_steps.value_or(default_warmup(training_images, request.batch_size, request.epochs)),
          .settings = request.schedule_settings};
}

// The options that do not depend on the network.
TrainOptions options_of(const TrainRequest& request, int64_t training_images) {
  TrainOptions options;
  options.initialisation = request.initialisation;
  options.epochs = request.epochs;
  options.batch_size = request.batch_size;
  options.optimizer = optimizer_of(request);
  options.schedule = schedule_of(request, training_images);
  options.clip_grad_norm = request.clip_grad_norm;
  options.ema_decay = request.ema_decay;
  options.freeze = request.freeze;
  options.head_learning_rate_scale = request.head_learning_rate_scale;
  options.label_smoothing = request.label_smoothing;
  options.seed = request.seed;
  options.target = request.target;
  options.loader_threads = request.loader_threads;
  options.out = request.out;
  options.resume = request.resume;
  options.checkpoint_minutes = request.checkpoint_minutes;
  options.command = request.command;
  return options;
}

void check_choice(const PreprocessingChoice& choice) {
  if (choice.mean.empty() != choice.std.empty()) {
    fail(ErrorKind::kUsage, "mean and std go together; {} is missing", choice.mean.empty() ? "mean" : "std");
  }
  if (!choice.name.empty() && !choice.mean.empty())
    fail(ErrorKind::kUsage, "the preprocessing '{}' says how images are normalised; omit mean and std", choice.name);
  for (const float value : choice.std) {
    if (!(value > 0)) fail(ErrorKind::kUsage, "std holds {}, expected numbers above 0", value);
  }
  if (!choice.name.empty()) data::preprocessing_input(choice.name);  // rejects an unknown name and an invalid file
}

// The preprocessing of the pretrained weights for an input of this size; none where it is unknown or requires another size.
std::optional<data::Preprocessing> inherited(const eval::Model& pretrained, const Shape& input_chw) {
  if (!pretrained.preprocessing_known) return std::nullopt;
  const data::Preprocessing& theirs = pretrained.preprocessing;
  if (theirs.output_shape() == input_chw) return theirs;
  const auto step = std::ranges::find_if(
      theirs.transforms(), [](const data::Transform& candidate) { return std::holds_alternative<data::Normalize>(candidate); });
  if (step == theirs.transforms().end() || theirs.channels() != input_chw[0]) return std::nullopt;
  const auto& normalize = std::get<data::Normalize>(*step);
  return data::Preprocessing::standard(input_chw, normalize.mean, normalize.std);
}

// That of the run that is resumed: earlier versions computed the statistics of large data sets from a part of the images.
std::optional<data::Preprocessing> resumed(const TrainOptions& options) {
  const std::filesystem::path checkpoint = options.out / "checkpoint.safetensors";
  if (!options.resume || !std::filesystem::exists(checkpoint)) return std::nullopt;
  std::optional<data::Preprocessing> saved = preprocessing_in(upgraded_identity(io::load_checkpoint(checkpoint).identity));
  return saved && saved->output_shape() == options.architecture.input ? saved : std::nullopt;
}

bool is_of_files(const data::DataSource& source) {
  return source.format == data::Format::kFolder || source.format == data::Format::kNumbered;
}

}  // namespace

std::optional<data::Preprocessing> chosen_preprocessing(const PreprocessingChoice& choice, const Shape& input_chw) {
  check_choice(choice);
  if (!choice.name.empty()) return data::preprocessing_named(choice.name, input_chw);
  if (choice.mean.empty()) return std::nullopt;
  for (const auto& [what, numbers] : {std::pair("mean", &choice.mean), std::pair("std", &choice.std)}) {
    if (static_cast<int64_t>(numbers->size()) != input_chw[0])
      fail(ErrorKind::kUsage, "{} has {} numbers, the images have {} channels", what, numbers->size(), input_chw[0]);
  }
  return data::Preprocessing::standard(input_chw, choice.mean, choice.std);
}

bool turns_upright(const PreprocessingChoice& choice) {
  // Preprocessing that takes its size from the network is always a preset, and no preset applies the Exif orientation.
  if (choice.name.empty() || !data::preprocessing_input(choice.name)) return false;
  return data::preprocessing_named(choice.name).exif_orientation();
}

void check(const TrainRequest& request) {
  check_choice(request.preprocessing);
  data::augmentation_named(request.augmentation, {});  // rejects an unknown name
  check(options_of(request, 1));
}

TrainOptions settle(const TrainRequest& request, const data::DataSource& source, const eval::Model* pretrained) {
  if (!source.train) {
    fail(ErrorKind::kUsage, "the data has no training images ({}); put them into a folder train/<class>/", source.found);
  }
  check(request);
  TrainOptions options = options_of(request, source.train->size());
  options.architecture = request.network ? *request.network : pretrained->architecture;
  const Shape published = options.architecture.input;
  options.architecture.classes = static_cast<int64_t>(source.classes().size());
  std::optional<Shape> input = request.input;
  if (!input && !request.preprocessing.name.empty()) input = data::preprocessing_input(request.preprocessing.name);
  options.architecture.input = input.value_or(default_input(published, source.train->image_shape()));
  const Shape& settled = options.architecture.input;
  options.augmentation = data::augmentation_named(
      request.augmentation, {.input = {settled[1], settled[2]}, .digits = source.format == data::Format::kIdx});
  if (pretrained != nullptr) options.pretrained = identity_of(*pretrained);
  return options;
}

data::Preprocessing settle_preprocessing(const TrainRequest& request, const TrainOptions& options, const data::DataSource& source,
                                         const eval::Model* pretrained, const data::PassObserver& observer) {
  const Shape& input = options.architecture.input;
  std::optional<data::Preprocessing> result = chosen_preprocessing(request.preprocessing, input);
  if (!result && pretrained != nullptr) result = inherited(*pretrained, input);
  if (!result) result = resumed(options);
  const int threads = request.target.threads > 0 ? request.target.threads : allowed_threads();
  if (is_of_files(source)) {
    const data::DataInfo info = data::inspect(source, threads, observer);
    if (!result) result = standard_preprocessing(input, *info.train);
  }
  if (!result) result = standard_preprocessing(input, data::inspect(*source.train, threads, observer));
  return result->with_exif_orientation(request.exif_orientation);
}

std::string identity_of(const eval::Model& pretrained) {
  return fmt::format("{} {}", pretrained.architecture.model, io::checksum_of(io::views_of(pretrained.state.tensors()), {}));
}

}  // namespace residual::train
