#include "convert/load.h"

#include <utility>
#include <vector>

#include "convert/configuration.h"
#include "convert/onnx.h"
#include "convert/recognise.h"
#include "convert/weights.h"
#include "core/floating.h"
#include "core/json_text.h"
#include "core/log.h"
#include "data/preprocessing/presets.h"

namespace residual::convert {
namespace {

std::string described_in_words(const models::Architecture& architecture) {
  std::string words = printable(architecture.model);
  if (architecture.shortcut) words += fmt::format(", shortcut {}", models::name_of(*architecture.shortcut));
  if (architecture.shortcut_pool) words += fmt::format(", shortcuts by {}", models::name_of(*architecture.shortcut_pool));
  if (architecture.norm) words += fmt::format(", norm {}", models::name_of(*architecture.norm));
  if (architecture.small_stem.value_or(false)) words += ", small stem";
  if (architecture.separable.value_or(false)) words += ", separable blocks";
  if (architecture.stride_on_1x1.value_or(false)) words += ", stride on the 1x1";
  return words + fmt::format(", {} classes", architecture.classes);
}

[[noreturn]] void refuse(const std::filesystem::path& path, const Fit& fit, std::string_view what) {
  fail(ErrorKind::kBadFile, "'{}' {}: {} of its {} tensors differ\n{}", path.string(), what, fit.differences.size(),
       fit.names.size() + fit.differences.size(), side_by_side(fit));
}

// The network by the caller's options, by the file's own metadata where that is true, or by the tensors alone.
Fit network_of(const std::filesystem::path& path, const Weights& weights, const Configuration& configuration,
               const LoadOptions& options) {
  const Shapes shapes = shapes_of(weights.tensors);
  if (options.architecture) {
    models::Architecture named = *options.architecture;
    named.input = options.input.value_or(named.input);
    Fit given = fit(named, shapes);
    if (!given.differences.empty()) refuse(path, given, fmt::format("does not hold the weights of {}", given.architecture.model));
    return given;
  }
  if (configuration.architecture) {
    try {
      Fit hinted = fit(*configuration.architecture, shapes);
      if (hinted.differences.empty()) return hinted;
    } catch (const Error&) {  // a choice that this network does not have: the tensors decide
    }
  }
  std::optional<Fit> found = recognise(shapes);
  if (!found) {
    fail(
        ErrorKind::kBadFile,
        "'{}' holds {} tensors, the first called '{}', that are not those of any network of the model table; name the network if "
        "it is one of them",
        path.string(), shapes.size(), printable(shapes.begin()->first));
  }
  if (!found->differences.empty()) {
    refuse(path, *found, fmt::format("holds weights like those of {}, but not the same", found->architecture.model));
  }
  if (found->also.empty()) {
    info("'{}': recognised as {}", path.string(), described_in_words(found->architecture));
  } else {
    warn("'{}': taken for {}; its tensors are those of {} too: name the network if it is that", path.string(),
         described_in_words(found->architecture), described_in_words(found->also.front()));
  }
  return std::move(*found);
}

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

bool has_bottlenecks(const models::Architecture& architecture) {
  const std::optional<models::Description> network = models::described(architecture);
  return network && network->block.kind == models::BlockKind::kBottleneck;
}

LoadedModel load_foreign(const std::filesystem::path& path, FileKind kind, const LoadOptions& options) {
  Weights weights = read_weights(path, kind);
  if (weights.tensors.empty()) fail(ErrorKind::kBadFile, "'{}' holds no tensors", path.string());
  Configuration configuration =
      read_configuration(weights, path, {.architecture = !options.architecture, .preprocessing = options.preprocessing.empty()});
  const Fit network = network_of(path, weights, configuration, options);
  models::Architecture architecture = network.architecture;
  if (configuration.stride_on_1x1 && !options.architecture && has_bottlenecks(architecture)) architecture.stride_on_1x1 = true;
  if (options.input) architecture = taking(architecture, *options.input, path, ErrorKind::kUsage);
  std::optional<data::Preprocessing> preprocessing = std::move(configuration.preprocessing);
  if (!options.preprocessing.empty()) preprocessing = preprocessing_of(options, architecture.input);
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
  const FileKind kind = kind_of(path);
  if (kind == FileKind::kOnnx) return load_onnx(path, options);
  return kind == FileKind::kModel ? ours(eval::load_model(path), path, options) : load_foreign(path, kind, options);
}

LoadedModel load(std::span<const std::byte> bytes, const std::string& name, const LoadOptions& options) {
  return ours(eval::parse_model(bytes, name), name, options);
}

}  // namespace residual::convert
