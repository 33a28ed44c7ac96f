#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "api/handles.h"
#include "train/request.h"
#include "train/trainer.h"
#include "train/transfer.h"

namespace residual {
namespace {

// A folder that exists as long as this.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "residual-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      fail(ErrorKind::kResource, "cannot make a temporary folder like '{}': {}", name, std::strerror(errno));
    }
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const char* name_of(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::kSgd: return "sgd";
    case Optimizer::kAdam: return "adam";
    case Optimizer::kAdamW: return "adamw";
  }
  return "";
}

const char* name_of(Schedule schedule) {
  switch (schedule) {
    case Schedule::kConstant: return "constant";
    case Schedule::kStep: return "step";
    case Schedule::kMultistep: return "multistep";
    case Schedule::kCosine: return "cosine";
  }
  return "";
}

const char* name_of(AugmentationPreset preset) {
  switch (preset) {
    case AugmentationPreset::kAuto: return "auto";
    case AugmentationPreset::kNone: return "none";
    case AugmentationPreset::kCrop: return "crop";
    case AugmentationPreset::kFlip: return "flip";
    case AugmentationPreset::kCropAndFlip: return "crop+flip";
  }
  return "";
}

train::Settings optimizer_settings(const TrainingOptions& options) {
  train::Settings result;
  if (options.momentum) result["momentum"] = *options.momentum;
  if (options.nesterov) result["nesterov"] = true;
  if (options.beta1) result["beta1"] = *options.beta1;
  if (options.beta2) result["beta2"] = *options.beta2;
  if (options.eps) result["eps"] = *options.eps;
  return result;
}

train::Settings schedule_settings(const TrainingOptions& options) {
  train::Settings result;
  if (options.step_epochs) result["step_epochs"] = *options.step_epochs;
  if (options.gamma) result["gamma"] = *options.gamma;
  if (!options.milestones.empty()) result["milestones"] = options.milestones;
  return result;
}

train::TrainRequest request_of(const TrainingOptions& options, const models::Architecture& architecture) {
  train::TrainRequest result;
  result.network = architecture;
  result.input = architecture.input;
  result.epochs = options.epochs;
  result.batch_size = options.batch_size;
  result.optimizer = name_of(options.optimizer);
  result.optimizer_settings = optimizer_settings(options);
  result.schedule = name_of(options.schedule);
  result.schedule_settings = schedule_settings(options);
  result.augmentation = name_of(options.augmentation);
  result.learning_rate = options.learning_rate;
  result.weight_decay = options.weight_decay;
  result.decay_norm_and_bias = options.decay_norm_and_bias;
  result.clip_grad_norm = options.clip_grad_norm;
  result.ema_decay = options.ema_decay;
  result.warmup_steps = options.warmup_steps;
  result.label_smoothing = options.label_smoothing;
  result.freeze = options.freeze;
  result.head_learning_rate_scale = options.head_learning_rate_scale;
  result.seed = options.seed;
  result.target = make_target({.threads = options.threads, .tune = options.tune});
  result.loader_threads = options.loader_threads;
  result.out = options.out;
  result.resume = options.resume;
  result.checkpoint_minutes = options.checkpoint_minutes;
  return result;
}

Epoch to_public(const train::EpochRecord& record) {
  return {record.epoch,         record.learning_rate, record.train_loss,         record.train_top1,
          record.held_out_loss, record.held_out_top1, record.seconds.value_or(0)};
}

train::Observer observer_of(const TrainingOptions& options) {
  train::Observer observer;
  observer.note = options.on_note;
  observer.stop = options.stop;
  if (options.on_epoch) {
    observer.epoch = [&options](const train::EpochRecord& record) { options.on_epoch(to_public(record)); };
  }
  if (options.on_progress) {
    observer.progress = [&options](const train::Progress& now) {
      options.on_progress({now.phase == train::Progress::Phase::kEvaluate, now.epoch, now.epochs, now.done, now.all, now.loss,
                           now.top1, now.images_per_second, now.seconds_left});
    };
  }
  return observer;
}

}  // namespace

TrainingResult Model::train(const Dataset& data, const TrainingOptions& options) {
  return guarded([&] {
    const data::DataSource& source = data.parts_->source;
    const eval::Model& model = *network_->model;
    if (source.train) eval::check_classes(*source.train, model.architecture.classes);
    train::TrainRequest request = request_of(options, model.architecture);
    request.initialisation = network_->initialisation;
    request.exif_orientation = data.parts_->opened && data.parts_->opened->exif_orientation;
    std::optional<TemporaryFolder> temporary;
    if (options.out.empty()) request.out = temporary.emplace().path();
    const train::TrainOptions settled = train::settle(request, source, network_->built ? nullptr : &model);
    const data::Preprocessing preprocessing =
        train::settle_preprocessing(request, settled, source, &model, {.progress = {}, .stop = options.stop});
    const State start = train::start_from(model, settled.architecture, data.classes()).weights;
    const train::TrainResult result = train::train(settled, source, preprocessing, observer_of(options), &start);

    eval::Model best = eval::load_model(result.best);
    best.extra = model.extra;
    network_->replace(std::move(best));
    network_->built = false;
    TrainingResult reported{{}, result.best_epoch, result.selection};
    for (const train::EpochRecord& record : result.epochs) reported.epochs.push_back(to_public(record));
    return reported;
  });
}

}  // namespace residual
