#include "eval/model.h"

#include <algorithm>

namespace residual::eval {

State state_from(const Graph& graph, io::Tensors& tensors, const std::filesystem::path& path, const std::string& model) {
  State state;
  for (const auto& [name, variable] : graph.variables()) {
    const auto found = tensors.find(name);
    if (found == tensors.end())
      fail(ErrorKind::kBadFile, "'{}': {} needs a tensor '{}', the file has none", path.string(), model, name);
    const Tensor& tensor = found->second;
    if (tensor.shape() != variable.type.shape || tensor.dtype() != variable.type.dtype) {
      fail(ErrorKind::kBadFile, "'{}': tensor '{}' is {} {}, {} expects {} {}", path.string(), name, name_of(tensor.dtype()),
           to_string(tensor.shape()), model, name_of(variable.type.dtype), to_string(variable.type.shape));
    }
    if (name.ends_with("running_var") && std::ranges::any_of(tensor.as<float>(), [](float variance) { return variance < 0; })) {
      fail(ErrorKind::kBadFile, "'{}': tensor '{}' holds a negative variance", path.string(), name);
    }
    state.set(name, std::move(found->second));
  }
  return state;
}

std::string Model::label(int64_t index) const {
  return static_cast<size_t>(index) < labels.size() ? labels[static_cast<size_t>(index)] : std::to_string(index);
}

Model load_model(const std::filesystem::path& path) {
  io::ModelFile file = io::load_model(path);
  try {
    models::Architecture architecture = models::Architecture::from_json(file.architecture);
    data::Preprocessing preprocessing = data::Preprocessing::from_json(file.preprocessing);
    if (preprocessing.output_shape() != architecture.input) {
      fail(ErrorKind::kBadFile, "images are prepared as {}, the network takes {}", to_string(preprocessing.output_shape()),
           to_string(architecture.input));
    }
    if (!file.labels.empty() && static_cast<int64_t>(file.labels.size()) != architecture.classes) {
      fail(ErrorKind::kBadFile, "{} labels for {} classes", file.labels.size(), architecture.classes);
    }
    State state = state_from(models::inference_graph(architecture, 1), file.tensors, path, architecture.model);
    return {std::move(architecture), std::move(preprocessing), std::move(file.labels),
            std::move(state),        std::move(file.extra),    file.prepared};
  } catch (const Error& error) {
    if (std::string_view(error.what()).find(path.string()) != std::string_view::npos) throw;
    fail(ErrorKind::kBadFile, "'{}': {}", path.string(), error.what());
  }
}

void save_model(const std::filesystem::path& path, const Model& model) {
  io::ModelFile file{model.architecture.to_json(), model.preprocessing.to_json(), model.labels, model.extra, {}, model.prepared};
  io::TensorViews tensors;
  const Graph graph = models::inference_graph(model.architecture, 1);
  for (const auto& [name, variable] : graph.variables()) tensors.emplace(name, &model.state.at(name));
  io::save_model(path, file, tensors);
}

}  // namespace residual::eval
