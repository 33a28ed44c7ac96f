#include "residual/model.h"

#include "api/handles.h"
#include "api/target.h"
#include "convert/load.h"
#include "convert/save.h"
#include "core/limits.h"
#include "data/preprocessing/presets.h"
#include "eval/evaluate.h"
#include "eval/summary.h"
#include "models/choices.h"
#include "train/defaults.h"
#include "train/training_graph.h"
#include "train/transfer.h"

namespace residual {
namespace {

std::vector<Prediction> to_public(std::vector<eval::Prediction> predictions) {
  std::vector<Prediction> result;
  for (eval::Prediction& prediction : predictions) {
    result.push_back({prediction.index, std::move(prediction.label), prediction.probability});
  }
  return result;
}

models::Choices to_models(const NetworkChoices& choices) {
  return {choices.shortcut, choices.shortcut_pool, choices.norm, choices.stem, choices.block, choices.stride_on_1x1};
}

Shape checked(const ImageShape& input) {
  const auto side = [](int64_t pixels) { return pixels >= 1 && pixels <= kMostSide; };
  if ((input.channels != 1 && input.channels != 3) || !side(input.height) || !side(input.width)) {
    fail(ErrorKind::kUsage, "the input is {}x{}x{}, expected 1 or 3 channels and sides of 1 to {} pixels", input.channels,
         input.height, input.width, kMostSide);
  }
  return to_shape(input);
}

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
    models::choose(to_models(options.network), architecture);
    const models::Initialisation initialisation = models::initialisation_named(options.initialisation);
    const bool given = !options.preprocessing.empty();
    const data::Preprocessing preprocessing =
        given ? data::preprocessing_named(options.preprocessing, architecture.input) : data::divided_by_255(architecture.input);
    State state = initial_state(models::inference_graph(architecture, 1, DType::kF32, initialisation), options.seed);
    return Model(std::make_unique<Network>(
        Network{{architecture, preprocessing, {}, std::move(state), {}, given}, initialisation, true, {}}));
  });
}

Model Model::build(const std::string& name, const Dataset& data) {
  return guarded([&] {
    BuildOptions options;
    options.input = residual::to_public(train::default_input(models::architecture_of(name).input, to_shape(data.image_shape())));
    options.classes = static_cast<int64_t>(data.classes().size());
    return build(name, options);
  });
}

Model Model::load(const std::filesystem::path& file, const LoadOptions& options) {
  return guarded([&] {
    convert::LoadOptions load;
    if (!options.name.empty()) {
      load.architecture = models::architecture_of(options.name);
      models::choose(to_models(options.network), *load.architecture);
    } else if (to_models(options.network).any()) {
      fail(ErrorKind::kUsage, "choices vary a network: LoadOptions::name must say which");
    }
    if (options.input) load.input = checked(*options.input);
    load.preprocessing = options.preprocessing;
    convert::LoadedModel loaded = convert::load(file, load);
    return Model(std::make_unique<Network>(Network{std::move(loaded.model), models::Initialisation::kHe, false, {}}));
  });
}

Model Model::adapted_to(const Dataset& data, uint64_t seed) const {
  return guarded([&] {
    const eval::Model& model = network_->model;
    models::Architecture architecture = model.architecture;
    architecture.classes = static_cast<int64_t>(data.classes().size());
    State state = train::start_from(model, architecture, data.classes()).weights;
    initialise(state, models::inference_graph(architecture, 1, DType::kF32, network_->initialisation), seed);
    return Model(std::make_unique<Network>(
        Network{{architecture, model.preprocessing, data.classes(), std::move(state), model.extra, model.prepared},
                network_->initialisation,
                network_->built,
                {}}));
  });
}

void Model::save(const std::filesystem::path& file) const {
  return guarded([&] { convert::save(file, network_->model); });
}

Evaluation Model::evaluate(const Dataset& data, const EvaluationOptions& options) {
  return guarded([&] {
    network_->check_prepared();
    eval::EvaluateOptions evaluate;
    evaluate.batch_size = options.batch_size;
    evaluate.target = make_target({.threads = options.threads});
    evaluate.loader_threads = options.loader_threads;
    evaluate.progress = options.on_progress;
    if (options.batch_size < 1 || options.batch_size > kMostBatch) {
      fail(ErrorKind::kUsage, "the batch size is {}, expected 1 to {}", options.batch_size, kMostBatch);
    }
    eval::Evaluation result = eval::evaluate(network_->model, data.parts_->source.split(options.split), evaluate);
    return Evaluation{result.images, result.correct, result.correct5, result.loss, result.seconds, std::move(result.confusion)};
  });
}

std::vector<Prediction> Model::predict(const std::filesystem::path& file, int64_t top) {
  return guarded([&] { return to_public(network_->ready_predictor().predict(file, top)); });
}

std::vector<Prediction> Model::predict_encoded(std::span<const std::byte> bytes, int64_t top) {
  return guarded([&] { return to_public(network_->ready_predictor().predict(bytes, "the image in memory", top)); });
}

std::vector<Prediction> Model::predict(const ImageView& image, int64_t top) {
  return guarded([&] {
    const auto& [channels, height, width] = image.shape;
    Image copy{channels, height, width, {image.pixels.begin(), image.pixels.end()}};
    check_image(copy);
    return to_public(network_->ready_predictor().predict(copy, top));
  });
}

ModelSummary Model::summary() const {
  return guarded([&] {
    const eval::NetworkSummary summary = eval::summarize(network_->model.architecture);
    ModelSummary result{{}, summary.parameters, summary.macs};
    for (const eval::LayerSummary& layer : summary.layers) {
      const auto dims = layer.output.dims();
      result.layers.push_back({layer.name, layer.kind, {dims.begin(), dims.end()}, layer.parameters, layer.macs});
    }
    return result;
  });
}

const std::string& Model::name() const {
  return network_->model.architecture.model;
}

ImageShape Model::input() const {
  return residual::to_public(network_->model.architecture.input);
}

int64_t Model::classes() const {
  return network_->model.architecture.classes;
}

const std::vector<std::string>& Model::labels() const {
  return network_->model.labels;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (models::ModelEntry& entry : models::model_table()) names.push_back(std::move(entry.name));
  return names;
}

}  // namespace residual
