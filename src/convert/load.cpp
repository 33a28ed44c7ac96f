#include "convert/load.h"

#include <utility>
#include <vector>

#include "convert/configuration.h"
#include "convert/onnx.h"
#include "convert/recognition/identify.h"
#include "convert/weights.h"
#include "core/json_text.h"
#include "core/log.h"
#include "core/tensor/floating.h"
#include "data/preprocessing/presets.h"
#include "fetch/fetch.h"
#include "models/named_networks.h"

namespace residual::convert {
namespace {

// The file's tensors under the network's names, in float32. Those that are float32 already are taken out of `tensors`.
io::Tensors renamed(const std::filesystem::path& path, const Fit& fit, io::Tensors& tensors) {
  io::Tensors result;
  for (const auto& [ours, theirs] : fit.names) {
    Tensor& tensor = tensors.at(theirs);
    if (tensor.dtype() == DType::kI64 || tensor.dtype() == DType::kI32 || tensor.dtype() == DType::kU8) {
      fail(ErrorKind::kBadFile, "'{}': tensor '{}' is {}, expected floating-point weights", path.string(), printable(theirs),
           name_of(tensor.dtype()));
    }
    Tensor converted = tensor.dtype() == DType::kF32 ? std::move(tensor) : to_f32(tensor);
    if (!all_finite(converted)) {
      fail(ErrorKind::kBadFile, "'{}': the weights '{}' hold values that are infinite or no number in float32", path.string(),
           printable(theirs));
    }
    result.emplace(ours, std::move(converted));
  }
  return result;
}

// The network for images of that size, where it takes them; otherwise an Error of the kind `blame`.
models::Architecture taking(models::Architecture architecture, const Shape& input, const std::filesystem::path& path,
                            ErrorKind blame) {
  if (input[0] != architecture.input[0]) {
    fail(blame, "'{}' takes images of {} channels, they would be prepared with {}", path.string(), architecture.input[0],
         input[0]);
  }
  architecture.input = input;
  try {
    models::inference_graph(architecture, 1);
  } catch (const Error& error) {
    fail(blame, "'{}': {}", path.string(), error.what());
  }
  return architecture;
}

// Of the size that the options name, or else the preset, or else the network.
data::Preprocessing preprocessing_of(const LoadOptions& options, const Shape& network_input) {
  if (options.input) return data::preprocessing_named(options.preprocessing, options.input);
  const Shape size = data::preprocessing_input(options.preprocessing).value_or(network_input);
  return data::preprocessing_named(options.preprocessing, size.with(0, network_input[0]));
}

// Classes and input follow the file; everything else must be what the caller says.
bool is_the_same_network(models::Architecture named, const models::Architecture& held) {
  named.input = held.input;
  named.classes = held.classes;
  return named.to_json() == held.to_json() || (models::described(named) && models::described(named) == models::described(held));
}

// `path` stands for the file in messages.
LoadedModel ours(eval::Model model, const std::filesystem::path& path, const LoadOptions& options) {
  LoadedModel loaded{std::move(model), FileKind::kModel};
  models::Architecture& architecture = loaded.model.architecture;
  if (options.choices.any() && !options.architecture) {
    models::Architecture chosen = architecture;
    models::choose(options.choices, chosen);
    if (!is_the_same_network(chosen, architecture)) {
      fail(ErrorKind::kUsage, "'{}' says that it holds {}, not {}", path.string(), described_in_words(architecture),
           described_in_words(chosen));
    }
  }
  if (options.architecture && !is_the_same_network(*options.architecture, architecture)) {
    fail(ErrorKind::kUsage, "'{}' says that it holds {}, not {}", path.string(), described_in_words(architecture),
         described_in_words(*options.architecture));
  }
  if (options.input && *options.input != architecture.input && options.preprocessing.empty()) {
    fail(ErrorKind::kUsage, "'{}' says that it takes images of {}; for {} give the preprocessing", path.string(),
         to_string(architecture.input), to_string(*options.input));
  }
  if (!options.preprocessing.empty()) prepare(loaded, preprocessing_of(options, architecture.input), path);
  return loaded;
}

// Of torchvision's weights, recognised by name and hash.
std::optional<data::Preprocessing> published_preprocessing(const std::filesystem::path& path,
                                                           const models::Architecture& architecture, const LoadOptions& options) {
  const fetch::Entry* entry = fetch::entry_of_file(path);
  if (entry == nullptr || architecture.input[0] != 3) return std::nullopt;
  info("'{}': torchvision's {}, whose images are preprocessed as {}", path.string(), entry->name, entry->preset);
  return data::preset(entry->preset, options.input);
}

bool has_bottlenecks(const models::Architecture& architecture) {
  const std::optional<models::Description> network = models::described(architecture);
  return network && network->block.kind == models::BlockKind::kBottleneck;
}

LoadedModel load_foreign(const std::filesystem::path& path, FileKind kind, const LoadOptions& options) {
  Weights weights = read_weights(path, kind, options.weights_in);
  if (weights.tensors.empty()) fail(ErrorKind::kBadFile, "'{}' holds no tensors", path.string());
  Configuration configuration =
      read_configuration(weights, path, {.architecture = !options.architecture, .preprocessing = options.preprocessing.empty()});
  const Fit network = identify(path, weights, configuration, options);
  models::Architecture architecture = network.architecture;
  if (configuration.stride_on_1x1 && !options.architecture && !options.choices.stride_on_1x1 && has_bottlenecks(architecture))
    architecture.stride_on_1x1 = true;
  if (options.input) architecture = taking(architecture, *options.input, path, ErrorKind::kUsage);
  std::optional<data::Preprocessing> preprocessing = std::move(configuration.preprocessing);
  if (!options.preprocessing.empty()) preprocessing = preprocessing_of(options, architecture.input);
  if (!preprocessing) preprocessing = published_preprocessing(path, architecture, options);
  if (options.input && options.preprocessing.empty() && preprocessing && preprocessing->output_shape() != *options.input) {
    fail(ErrorKind::kUsage, "'{}' says that it takes images of {}; for {} give the preprocessing", path.string(),
         to_string(preprocessing->output_shape()), to_string(*options.input));
  }
  const ErrorKind blame = options.preprocessing.empty() ? ErrorKind::kBadFile : ErrorKind::kUsage;
  if (preprocessing) architecture = taking(architecture, preprocessing->output_shape(), path, blame);
  io::Tensors tensors = renamed(path, network, weights.tensors);
  weights.tensors.clear();
  State state = eval::state_from(models::inference_graph(architecture, 1), tensors, path, architecture.model);
  std::vector<std::string> labels = labels_for(architecture, std::move(configuration.labels), path);
  const data::Preprocessing used = preprocessing ? *preprocessing : data::divided_by_255(architecture.input);
  return {{std::move(architecture), used, std::move(labels), std::move(state), {}, preprocessing.has_value()}, kind};
}

}  // namespace

void prepare(LoadedModel& loaded, data::Preprocessing preprocessing, const std::filesystem::path& path, ErrorKind blame) {
  models::Architecture& architecture = loaded.model.architecture;
  const Shape input = preprocessing.output_shape();
  const bool one_size = loaded.kind == FileKind::kOnnx || !architecture.graph.empty();
  if (one_size && input != architecture.input) {
    fail(blame, "'{}' takes images of {}, they would be prepared as {}", path.string(), to_string(architecture.input),
         to_string(input));
  }
  architecture = taking(architecture, input, path, blame);
  loaded.model.preprocessing = std::move(preprocessing);
  loaded.model.preprocessing_known = true;
}

LoadedModel load(const std::filesystem::path& path, const LoadOptions& options) {
  const std::filesystem::path file = model_in(path);
  if (file != path) info("'{}' is the folder of a training run: its best model is taken", path.string());
  const FileKind kind = kind_of(file);
  if (holds_one_network(kind) && !options.weights_in.empty()) {
    fail(ErrorKind::kUsage, "'{}' holds one network; --weights-in chooses among the weights of PyTorch's and safetensors files",
         file.string());
  }
  if (kind == FileKind::kOnnx && options.choices.any() && !options.architecture) {
    fail(ErrorKind::kUsage, "'{}' holds a graph, in which nothing is left to choose; to compare it with a network name that",
         file.string());
  }
  if (kind == FileKind::kOnnx) return load_onnx(file, options);
  return kind == FileKind::kModel ? ours(eval::load_model(file), file, options) : load_foreign(file, kind, options);
}

LoadedModel load(std::span<const std::byte> bytes, const std::string& name, const LoadOptions& options) {
  return ours(eval::parse_model(bytes, name), name, options);
}

}  // namespace residual::convert
