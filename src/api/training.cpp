#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "api/handles.h"
#include "train/options/defaults.h"
#include "train/options/request.h"
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

train::TrainRequest request_of(const TrainingOptions& options, const models::Architecture& architecture) {
  train::TrainRequest result{options, {options}};
  result.network = architecture;
  result.input = architecture.input;
  result.target = make_target({.device = options.device,
                               .precision = options.precision,
                               .deterministic = options.deterministic,
                               .threads = options.threads,
                               .tune = options.tune});
  result.target.observer = {options.on_timing, options.stop};
  return result;
}

// Whether the weights are those that a run with this seed draws: only others are part of its identity.
bool are_drawn(const eval::Model& model, models::Initialisation initialisation, uint64_t seed) {
  const State drawn = initial_state(models::inference_graph(model.architecture, 1, DType::kF32, initialisation), seed);
  return std::ranges::all_of(drawn.tensors(), [&](const auto& entry) {
    const Tensor& held = model.state.at(entry.first);
    return std::memcmp(held.data(), entry.second.data(), held.bytes()) == 0;
  });
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
    if (data.parts_->opened) request.data = train::data_name(data.parts_->opened->path);
    request.initialisation = network_->initialisation;
    request.exif_orientation = data.parts_->opened && data.parts_->opened->exif_orientation;
    std::optional<TemporaryFolder> temporary;
    if (options.out.empty()) request.out = temporary.emplace().path();
    const bool as_drawn = network_->built && are_drawn(model, network_->initialisation, options.seed);
    const train::TrainOptions settled = train::settle(request, source, as_drawn ? nullptr : &model);
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
