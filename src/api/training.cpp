#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "api/handles.h"
#include "api/target.h"
#include "core/threads.h"
#include "train/defaults.h"
#include "train/optimizers/optimizers.h"
#include "train/trainer.h"
#include "train/transfer.h"

namespace residual {
namespace {

// A folder that is gone when this goes.
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

train::OptimizerOptions optimizer_of(const TrainingOptions& options) {
  const train::Optimizer& optimizer = train::find_optimizer(options.optimizer);
  train::OptimizerOptions result{.name = options.optimizer,
                                 .weight_decay = options.weight_decay.value_or(optimizer.weight_decay)};
  if (optimizer.name == "sgd") result.settings["momentum"] = options.momentum;
  if (options.nesterov) result.settings["nesterov"] = true;
  return result;
}

train::ScheduleOptions schedule_of(const TrainingOptions& options) {
  train::ScheduleOptions result{
      .name = options.schedule,
      .learning_rate = options.learning_rate.value_or(train::find_optimizer(options.optimizer).learning_rate)};
  if (options.schedule == "step") result.settings["step_epochs"] = options.step_epochs;
  if (options.schedule == "step" || options.schedule == "multistep") result.settings["gamma"] = options.gamma;
  if (!options.milestones.empty()) result.settings["milestones"] = options.milestones;
  return result;
}

train::TrainOptions translated(const TrainingOptions& options, const data::DataSource& source,
                               const models::Architecture& architecture) {
  train::TrainOptions result;
  result.architecture = architecture;
  result.epochs = options.epochs;
  result.batch_size = options.batch_size;
  result.optimizer = optimizer_of(options);
  result.schedule = schedule_of(options);
  result.schedule.warmup_steps =
      options.warmup_steps.value_or(train::default_warmup(source.train->size(), options.batch_size, options.epochs));
  result.augmentation = train::augmentation_named(options.augment, source.format, architecture.input);
  result.label_smoothing = options.label_smoothing;
  result.freeze = options.freeze;
  result.head_learning_rate_scale = options.head_learning_rate_scale;
  result.seed = options.seed;
  result.target = make_target({.threads = options.threads});
  result.loader_threads = options.loader_threads;
  result.resume = options.resume;
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
    eval::Model& model = network_->model;
    if (!source.train) fail(ErrorKind::kUsage, "the data has no training images: {}", source.found);
    train::TrainOptions settings = translated(options, source, model.architecture);
    settings.initialisation = network_->initialisation;
    std::optional<TemporaryFolder> temporary;
    settings.out = options.out.empty() ? temporary.emplace().path() : options.out;
    train::check(settings);
    const data::Preprocessing preprocessing =
        model.prepared ? model.preprocessing
                       : train::standard_preprocessing(model.architecture.input, *source.train,
                                                       options.threads > 0 ? options.threads : allowed_threads());
    const State start = train::start_from(model, settings.architecture, data.classes()).weights;
    const train::TrainResult result = train::train(settings, source, preprocessing, observer_of(options), &start);

    eval::Model best = eval::load_model(result.best);
    best.extra = std::move(model.extra);
    network_->predictor.reset();
    model = std::move(best);
    TrainingResult told{{}, result.best_epoch, result.selection};
    for (const train::EpochRecord& record : result.epochs) told.epochs.push_back(to_public(record));
    return told;
  });
}

}  // namespace residual
