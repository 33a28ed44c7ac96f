#include "residual/model.h"

#include "api/handles.h"
#include "eval/evaluate.h"
#include "eval/summary.h"
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

// Divides by 255 and nothing more: what a network sees whose preparation was fitted to no data yet.
data::Preprocessing plain_preparation(const Shape& input) {
  const std::vector<float> mean(static_cast<size_t>(input[0]), 0.0F), std(static_cast<size_t>(input[0]), 1.0F);
  return data::Preprocessing::standard(input, mean, std);
}

}  // namespace

Model::Model(std::unique_ptr<Network> network) : network_(std::move(network)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Model Model::build(const std::string& name, const BuildOptions& options) {
  return guarded([&] {
    models::Architecture architecture;
    architecture.model = models::find_model(name).name;
    const PictureShape& input = options.input;
    const auto side = [](int64_t pixels) { return pixels >= 1 && pixels <= 4096; };
    if ((input.channels != 1 && input.channels != 3) || !side(input.height) || !side(input.width)) {
      fail(ErrorKind::kUsage, "the input is {}x{}x{}, expected 1 or 3 channels and sides of 1 to 4096 pixels", input.channels,
           input.height, input.width);
    }
    if (options.classes < 2 || options.classes > 1'000'000) {
      fail(ErrorKind::kUsage, "the number of classes is {}, expected 2 to 1000000", options.classes);
    }
    architecture.input = to_shape(input);
    architecture.classes = options.classes;
    if (!options.shortcut.empty()) architecture.shortcut = models::shortcut_named(options.shortcut);
    const models::Initialisation initialisation = models::initialisation_named(options.initialisation);
    State state = initial_state(models::inference_graph(architecture, 1, DType::kF32, initialisation), options.seed);
    return Model(std::make_unique<Network>(
        Network{{architecture, plain_preparation(architecture.input), {}, std::move(state), {}}, initialisation, false, {}}));
  });
}

Model Model::build(const std::string& name, const Dataset& data) {
  return guarded([&] {
    BuildOptions options;
    options.input = residual::to_public(train::default_input(models::find_model(name).input, to_shape(data.picture_shape())));
    options.classes = static_cast<int64_t>(data.classes().size());
    return build(name, options);
  });
}

Model Model::load(const std::filesystem::path& file) {
  return guarded(
      [&] { return Model(std::make_unique<Network>(Network{eval::load_model(file), models::Initialisation::kHe, true, {}})); });
}

Model Model::adapted_to(const Dataset& data, uint64_t seed) const {
  return guarded([&] {
    models::Architecture architecture = network_->model.architecture;
    architecture.classes = static_cast<int64_t>(data.classes().size());
    State state = train::start_from(network_->model, architecture).weights;
    initialise(state, models::inference_graph(architecture, 1, DType::kF32, network_->initialisation), seed);
    return Model(std::make_unique<Network>(
        Network{{architecture, network_->model.preprocessing, data.classes(), std::move(state), network_->model.extra},
                network_->initialisation,
                network_->prepared,
                {}}));
  });
}

void Model::save(const std::filesystem::path& file) const {
  return guarded([&] { eval::save_model(file, network_->model); });
}

Evaluation Model::evaluate(const Dataset& data, const EvaluationOptions& options) {
  return guarded([&] {
    eval::EvaluateOptions evaluate;
    evaluate.batch_size = options.batch_size;
    evaluate.threads = options.threads;
    evaluate.loader_threads = options.loader_threads;
    evaluate.progress = options.on_progress;
    if (options.batch_size < 1 || options.batch_size > 65536) {
      fail(ErrorKind::kUsage, "the batch size is {}, expected 1 to 65536", options.batch_size);
    }
    eval::Evaluation result = eval::evaluate(network_->model, data.parts_->source.split(options.split), evaluate);
    return Evaluation{result.images, result.correct, result.correct5, result.loss, result.seconds, std::move(result.confusion)};
  });
}

std::vector<Prediction> Model::predict(const std::filesystem::path& file, int64_t top) {
  return guarded([&] { return to_public(network_->ready_predictor().predict(file, top)); });
}

std::vector<Prediction> Model::predict_encoded(std::span<const std::byte> bytes, int64_t top) {
  return guarded([&] { return to_public(network_->ready_predictor().predict(bytes, "the picture in memory", top)); });
}

std::vector<Prediction> Model::predict(const PictureView& picture, int64_t top) {
  return guarded([&] {
    const auto& [channels, height, width] = picture.shape;
    data::Picture copy{channels, height, width, {picture.pixels.begin(), picture.pixels.end()}};
    data::check_picture(copy);
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

PictureShape Model::input() const {
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
