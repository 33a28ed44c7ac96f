#include "convert/onnx.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "convert/configuration.h"
#include "convert/recognition/candidates.h"
#include "convert/recognition/match.h"
#include "convert/recognition/recognise.h"
#include "core/json_text.h"
#include "core/log.h"
#include "core/tensor/floating.h"
#include "data/preprocessing/presets.h"
#include "io/model_file.h"
#include "io/onnx/export/onnx_write.h"
#include "io/onnx/import/onnx_read.h"

namespace residual::convert {
namespace {

constexpr std::string_view kOurs = "residual.";

std::string text_in(const io::Metadata& metadata, std::string_view key) {
  const auto found = metadata.find(std::string(key));
  return found == metadata.end() ? std::string() : found->second;
}

int64_t classes_of(const Graph& graph) {
  return graph.shape(graph.find_output("logits").value())[1];
}

Shape input_of(const Graph& graph) {
  return Shape(graph.nodes().front().outputs[0].shape.dims().subspan(1));
}

// A network of the table that the file's graph is, and where its weights are in the file.
struct Known {
  models::Architecture architecture;
  std::map<std::string, Origin> origins;
};

// The network for the file's images and classes, when the file's graph is that network.
std::optional<Known> matched(models::Architecture architecture, const io::OnnxModel& file) {
  architecture.input = input_of(file.graph);
  architecture.classes = classes_of(file.graph);
  try {
    if (auto origins = match(models::inference_graph(architecture, 1), file.graph))
      return Known{std::move(architecture), std::move(*origins)};
  } catch (const Error&) {  // such images or choices do not fit that network
  }
  return std::nullopt;
}

// The first of these that the file's graph is. Where the stride of bottlenecks is on their 1x1 convolutions, as in the paper and
// in Keras, no tensor shows it.
std::optional<Known> first_matched(std::span<const models::Architecture> candidates, const io::OnnxModel& file) {
  for (const models::Architecture& candidate : candidates) {
    if (std::optional<Known> known = matched(candidate, file)) return known;
    models::Architecture on_1x1 = candidate;
    on_1x1.stride_on_1x1 = true;
    if (std::optional<Known> known = matched(std::move(on_1x1), file)) return known;
  }
  return std::nullopt;
}

// By the caller's options, by the file's own metadata, by its tensors' names, and by the graph alone.
std::optional<Known> network_of(const std::filesystem::path& path, const io::OnnxModel& file, const LoadOptions& options) {
  if (options.architecture) {
    std::optional<Known> given = matched(*options.architecture, file);
    if (!given) fail(ErrorKind::kBadFile, "the graph in '{}' is not {}", path.string(), options.architecture->model);
    return given;
  }
  if (const std::string hint = text_in(file.metadata, io::kArchitectureKey); !hint.empty()) {
    try {
      const models::Architecture named = models::Architecture::from_json(hint);
      if (std::optional<Known> said = named.graph.empty() ? matched(named, file) : std::nullopt) return said;
    } catch (const Error&) {  // of another version, perhaps: the graph decides
    }
  }
  const Shapes shapes = shapes_of(file.tensors);
  if (const std::optional<Fit> found = recognise(shapes)) {
    models::Architecture with_norm = found->architecture;  // convolutions with bias are most often what folding left
    with_norm.norm.reset();
    if (std::optional<Known> known = first_matched(std::array{with_norm, found->architecture}, file)) return known;
  }
  return first_matched(of_as_many_layers(shapes), file);
}

models::Architecture graph_architecture(const std::filesystem::path& path, const Graph& graph) {
  models::Architecture result;
  result.model = printable(path.stem().string());
  result.input = input_of(graph);
  result.classes = classes_of(graph);
  result.graph = to_text(graph);
  return result;
}

data::Preprocessing said_preprocessing(const std::filesystem::path& path, const std::string& said) {
  try {
    return data::Preprocessing::from_json(said);
  } catch (const Error& error) {
    fail(ErrorKind::kBadFile, "'{}': how images are prepared: {}", path.string(), error.what());
  }
}

// As the options say, or the file.
std::optional<data::Preprocessing> preprocessing_of(const std::filesystem::path& path, const io::OnnxModel& file,
                                                    const LoadOptions& options) {
  if (!options.preprocessing.empty()) return data::preprocessing_named(options.preprocessing, input_of(file.graph));
  const std::string said = text_in(file.metadata, io::kPreprocessingKey);
  return said.empty() ? std::nullopt : std::optional(said_preprocessing(path, said));
}

State state_of(const std::filesystem::path& path, const std::optional<Known>& network, io::Tensors& tensors) {
  State state;
  if (!network) {
    for (auto& [name, tensor] : tensors) state.set(name, std::move(tensor));
    return state;
  }
  const Graph graph = models::inference_graph(network->architecture, 1);
  for (const auto& [name, origin] : network->origins) {
    Tensor values = values_of(origin, graph.variables().at(name).type.shape, tensors);
    if (!all_finite(values))
      fail(ErrorKind::kBadFile, "'{}': the weights of '{}' are infinite or no number", path.string(), name);
    state.set(name, std::move(values));
  }
  return state;
}

// What comes after dividing by `divide`: (x - mean) / std, the steps from `first` on in one.
io::OnnxPreprocessing inside_of(std::span<const data::Transform> steps, size_t channels) {
  io::OnnxPreprocessing result{1, std::vector<float>(channels, 0), std::vector<float>(channels, 1)};
  if (const auto* divide = std::get_if<data::Divide>(&steps[0])) {
    result.divide = divide->by;
    steps = steps.subspan(1);
  }
  if (steps.empty()) return result;
  if (const auto* normalize = std::get_if<data::Normalize>(&steps[0]); normalize != nullptr && steps.size() == 1)
    return {result.divide, normalize->mean, normalize->std};
  for (size_t c = 0; c < channels; ++c) {
    double scale = 1, shift = 0;
    for (const data::Transform& step : steps) {
      double by = 1, minus = 0;
      if (const auto* divide = std::get_if<data::Divide>(&step)) by = 1.0 / divide->by;
      if (const auto* factor = std::get_if<data::Scale>(&step)) by = factor->by;
      if (const auto* normalize = std::get_if<data::Normalize>(&step)) by = 1.0 / normalize->std[c], minus = normalize->mean[c];
      scale *= by, shift = (shift - minus) * by;
    }
    result.std[c] = static_cast<float>(1 / scale);
    result.mean[c] = static_cast<float>(-shift / scale);
  }
  return result;
}

// The size of the images, for files that leave it open: as the options say, or the preprocessing that they name.
std::optional<Shape> wanted_input(const LoadOptions& options) {
  if (options.input || options.preprocessing.empty()) return options.input;
  return data::preprocessing_input(options.preprocessing);
}

}  // namespace

LoadedModel load_onnx(const std::filesystem::path& path, const LoadOptions& options) {
  io::OnnxModel file = io::read_onnx(path, {.input = wanted_input(options)});
  if (const Shape input = input_of(file.graph); input[0] != 1 && input[0] != 3) {
    fail(ErrorKind::kBadFile, "'{}': the network takes {} channels; images have 1 (grey) or 3 (colour)", path.string(), input[0]);
  }
  const std::optional<Known> network = network_of(path, file, options);
  models::Architecture architecture = network ? network->architecture : graph_architecture(path, file.graph);
  if (!network) info("'{}': no network of the model table; it can be evaluated and used but not trained", path.string());
  if (network && text_in(file.metadata, io::kArchitectureKey).empty())
    info("'{}': recognised as {}", path.string(), architecture.model);
  if (file.ends_in_softmax) info("'{}': its last node, a Softmax, is omitted: the scores are logits", path.string());
  const std::optional<data::Preprocessing> said = preprocessing_of(path, file, options);
  std::vector<std::string> labels;
  if (const std::string text = text_in(file.metadata, io::kLabelsKey); !text.empty())
    labels = io::parse_labels(text, fmt::format("'{}': '{}'", path.string(), io::kLabelsKey));
  labels = labels_for(architecture, std::move(labels), path);
  State state = state_of(path, network, file.tensors);
  const bool unprepared = file.metadata.contains(std::string(io::kUnpreparedKey)) && options.preprocessing.empty();
  std::erase_if(file.metadata, [](const auto& entry) { return entry.first.starts_with(kOurs); });
  const data::Preprocessing guess = data::divided_by_255(architecture.input);
  LoadedModel loaded{{std::move(architecture), guess, std::move(labels), std::move(state), std::move(file.metadata), false},
                     FileKind::kOnnx};
  if (said) prepare(loaded, *said, path, options.preprocessing.empty() ? ErrorKind::kBadFile : ErrorKind::kUsage);
  if (unprepared) loaded.model.preprocessing_known = false;
  return loaded;
}

void save_onnx(const std::filesystem::path& path, const eval::Model& model, bool preprocessing_inside) {
  const Graph graph = models::inference_graph(model.architecture, 1);
  io::OnnxWriteOptions options{model.extra, {}};
  std::string outside = model.preprocessing.to_json();
  const std::span<const data::Transform> steps = model.preprocessing.transforms();
  const auto first = std::ranges::find_if(steps, data::is_pointwise);
  if (preprocessing_inside && first != steps.end()) {
    if (!std::all_of(first, steps.end(), data::is_pointwise)) {
      fail(ErrorKind::kUsage,
           "'{}': images are prepared by steps that scale them and others behind these, which cannot go into an ONNX file: {}",
           path.string(), outside);
    }
    options.preprocessing = inside_of(std::span(first, steps.end()), static_cast<size_t>(model.architecture.input[0]));
    outside = data::Preprocessing({steps.begin(), first}).to_json();
  }
  if (model.architecture.graph.empty()) options.metadata[std::string(io::kArchitectureKey)] = model.architecture.to_json();
  options.metadata[std::string(io::kPreprocessingKey)] = outside;
  options.metadata[std::string(io::kLabelsKey)] = io::labels_text(model.labels);
  if (!model.preprocessing_known) options.metadata[std::string(io::kUnpreparedKey)] = "true";
  io::write_onnx(path, graph, io::views_of(model.state.tensors()), options);
}

}  // namespace residual::convert
