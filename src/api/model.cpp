#include "residual/model.h"

#include "api/handles.h"
#include "api/target.h"
#include "convert/load.h"
#include "convert/published.h"
#include "convert/save.h"
#include "core/limits.h"
#include "data/preprocessing/presets.h"
#include "eval/evaluate.h"
#include "eval/summary.h"
#include "fetch/fetch.h"
#include "models/named_networks.h"
#include "train/options/defaults.h"
#include "train/options/request.h"
#include "train/transfer.h"

namespace residual {
namespace {

Shape checked(const ImageShape& input) {
  const auto side = [](int64_t pixels) { return pixels >= 1 && pixels <= kMostSide; };
  if ((input.channels != 1 && input.channels != 3) || !side(input.height) || !side(input.width)) {
    fail(ErrorKind::kUsage, "the input is {}x{}x{}, expected 1 or 3 channels and sides of 1 to {} pixels", input.channels,
         input.height, input.width, kMostSide);
  }
  return to_shape(input);
}

convert::LoadOptions to_convert(const LoadOptions& options) {
  convert::LoadOptions result;
  if (!options.name.empty()) {
    result.architecture = models::architecture_of(options.name);
    models::choose(options.network, *result.architecture);
  } else {
    result.choices = options.network;
  }
  result.weights_in = options.weights_in;
  if (options.input) result.input = checked(*options.input);
  result.preprocessing = options.preprocessing;
  return result;
}

eval::Model labelled(convert::LoadedModel loaded, const std::vector<std::string>& labels) {
  if (!labels.empty()) eval::name_classes(loaded.model, labels);
  return std::move(loaded.model);
}

// The split, of images turned upright where the model's were in training.
class Evaluated {
 public:
  Evaluated(const data::DataSource& source, std::optional<data::OpenOptions> opened, const std::string& split,
            const eval::Model& model) {
    if (opened && !opened->exif_orientation && source.format == data::Format::kFolder && model.preprocessing.exif_orientation()) {
      opened->exif_orientation = true;
      upright_ = data::open_data(*opened);
    }
    split_ = &(upright_ ? *upright_ : source).split(split);
  }
  const data::Dataset& split() const { return *split_; }

 private:
  std::optional<data::DataSource> upright_;
  const data::Dataset* split_;
};

}  // namespace

Model::Model(std::unique_ptr<Network> network) : network_(std::move(network)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Model Model::build(const std::string& name, const BuildOptions& options) {
  return guarded([&] {
    models::Architecture architecture = models::architecture_of(name);
    if (options.classes < kLeastClasses || options.classes > kMostClasses) {
      fail(ErrorKind::kUsage, "the number of classes is {}, expected {} to {}", options.classes, kLeastClasses, kMostClasses);
    }
    architecture.input = checked(options.input);
    architecture.classes = options.classes;
    models::choose(options.network, architecture);
    const std::optional<data::Preprocessing> chosen =
        train::chosen_preprocessing({options.preprocessing, options.mean, options.std}, architecture.input);
    State state = initial_state(models::inference_graph(architecture, 1, DType::kF32, options.initialisation), options.seed);
    eval::Model model{architecture,      chosen ? *chosen : data::divided_by_255(architecture.input), {}, std::move(state), {},
                      chosen.has_value()};
    return Model(std::make_unique<Network>(std::move(model), options.initialisation, true));
  });
}

Model Model::build(const std::string& name, const Dataset& data) {
  return guarded([&] {
    BuildOptions options;
    options.input = to_public(train::default_input(models::architecture_of(name).input, to_shape(data.image_shape())));
    options.classes = static_cast<int64_t>(data.classes().size());
    return build(name, options);
  });
}

Model Model::load(const std::filesystem::path& file, const LoadOptions& options) {
  return guarded([&] {
    eval::Model model = labelled(convert::load(file, to_convert(options)), options.labels);
    return Model(std::make_unique<Network>(std::move(model), Initialisation::kHe, false));
  });
}

Model Model::load(std::span<const std::byte> bytes, const LoadOptions& options) {
  return guarded([&] {
    eval::Model model = labelled(convert::load(bytes, "the model in memory", to_convert(options)), options.labels);
    return Model(std::make_unique<Network>(std::move(model), Initialisation::kHe, false));
  });
}

Model Model::published(const std::string& name, const LoadOptions& options) {
  return guarded([&] {
    const fetch::Entry& entry = fetch::entry_named(name);
    const convert::LoadOptions load = to_convert(options);  // refuses contradictions before anything is downloaded
    if (entry.kind != fetch::Kind::kWeights) fail(ErrorKind::kUsage, "'{}' is a data set, not a network's weights", name);
    const std::filesystem::path file = fetch::obtain(entry, fetch::Options::of_environment());
    eval::Model model = labelled(convert::load_published(entry, file, load), options.labels);
    return Model(std::make_unique<Network>(std::move(model), Initialisation::kHe, false));
  });
}

Model Model::adapted_to(const Dataset& data, uint64_t seed) const {
  return guarded([&] {
    const eval::Model& model = *network_->model;
    models::Architecture architecture = model.architecture;
    architecture.classes = static_cast<int64_t>(data.classes().size());
    State state = train::start_from(model, architecture, data.classes()).weights;
    initialise(state, models::inference_graph(architecture, 1, DType::kF32, network_->initialisation), seed);
    return Model(std::make_unique<Network>(
        eval::Model{architecture, model.preprocessing, data.classes(), std::move(state), model.extra, model.preprocessing_known},
        network_->initialisation, network_->built));
  });
}

void Model::save(const std::filesystem::path& file, const SaveOptions& options) const {
  guarded([&] { convert::save(file, *network_->model, {.preprocessing_inside = options.preprocessing_inside}); });
}

std::vector<std::byte> Model::to_bytes() const {
  return guarded([&] {
    std::vector<std::byte> bytes;
    eval::serialize_model(*network_->model,
                          [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
    return bytes;
  });
}

Evaluation Model::evaluate(const Dataset& data, const EvaluationOptions& options) const {
  return guarded([&] {
    const eval::Model& model = *network_->model;
    if (!network_->preprocessing_known()) refuse_bytes(model);
    if (options.batch_size < 1 || options.batch_size > kMostBatch)
      fail(ErrorKind::kUsage, "the batch size is {}, expected 1 to {}", options.batch_size, kMostBatch);
    eval::EvaluateOptions evaluate;
    evaluate.batch_size = options.batch_size;
    evaluate.target = make_target({.device = options.device, .threads = options.threads, .tune = options.tune});
    evaluate.target.observer = {options.on_timing, options.stop};
    evaluate.stop = options.stop;
    evaluate.loader_threads = options.loader_threads;
    evaluate.crops = options.crops;
    evaluate.progress = options.on_progress;
    const Evaluated evaluated(data.parts_->source, data.parts_->opened, options.split, model);
    eval::Evaluation result = eval::evaluate(model, evaluated.split(), std::move(evaluate));
    return Evaluation{result.images,         result.correct,
                      result.correct5,       result.loss,
                      result.seconds,        std::move(result.confusion),
                      result.classes_by,     std::move(result.unknown_classes),
                      result.images_left_out};
  });
}

Predictor Model::predictor(const PredictorOptions& options, const CompileObserver& observer) const {
  return guarded([&] {
    Target target = make_target({.device = options.device, .threads = options.threads, .tune = options.tune});
    target.observer = observer;
    return Predictor(std::unique_ptr<Predictor::Ready>(new Predictor::Ready{
        eval::Predictor(network_->model, target, options, network_->inference), network_->preprocessing_known()}));
  });
}

void Model::warm_up(const PredictorOptions& options, const CompileObserver& observer) const {
  guarded([&] {
    const auto lock = lock_or_stop(network_->mutex, observer.stop);
    if (options != PredictorOptions{}) {
      predictor(options, observer);
    } else if (!network_->predictor) {
      network_->predictor = std::make_unique<Predictor>(predictor({}, observer));
    }
  });
}

std::vector<Prediction> Model::predict(const std::filesystem::path& file, int64_t top) const {
  return network_->with_predictor(*this, [&](Predictor& predictor) { return predictor.predict(file, top); });
}

std::vector<Prediction> Model::predict_encoded(std::span<const std::byte> bytes, int64_t top) const {
  return network_->with_predictor(*this, [&](Predictor& predictor) { return predictor.predict(EncodedImage{bytes}, top); });
}

std::vector<Prediction> Model::predict(const ImageView& image, int64_t top) const {
  return network_->with_predictor(*this, [&](Predictor& predictor) { return predictor.predict(image, top); });
}

ModelSummary Model::summary() const {
  return guarded([&] {
    const eval::NetworkSummary summary = eval::summarize(network_->model->architecture);
    ModelSummary result{{}, summary.parameters, summary.macs};
    for (const eval::LayerSummary& layer : summary.layers) {
      const auto dims = layer.output.dims();
      result.layers.push_back({layer.name, layer.kind, {dims.begin(), dims.end()}, layer.parameters, layer.macs});
    }
    return result;
  });
}

const std::string& Model::name() const {
  return network_->model->architecture.model;
}

ImageShape Model::input() const {
  return to_public(network_->model->architecture.input);
}

int64_t Model::classes() const {
  return network_->model->architecture.classes;
}

const std::vector<std::string>& Model::labels() const {
  return network_->model->labels;
}

std::vector<std::string> model_names() {
  return guarded([] { return models::model_names(); });
}

}  // namespace residual
