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

void name_classes(Model& model, std::vector<std::string> labels, std::string_view origin) {
  if (static_cast<int64_t>(labels.size()) != model.architecture.classes) {
    fail(ErrorKind::kUsage, "{} has {} names, the network has {} classes", origin, labels.size(), model.architecture.classes);
  }
  model.labels = std::move(labels);
}

namespace {

// What body gives; its errors become those of a bad file, and name it.
template <typename Body>
auto blaming(const std::string& file, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Error& error) {
    fail(ErrorKind::kBadFile, "'{}': {}", file, error.what());
  }
}

Model model_from(io::ModelFile file, const std::string& name) {
  Model model = blaming(name, [&] {
    models::Architecture architecture = models::Architecture::from_json(file.architecture);
    data::Preprocessing preprocessing = data::Preprocessing::from_json(file.preprocessing);
    if (preprocessing.output_shape() != architecture.input) {
      fail(ErrorKind::kBadFile, "images are preprocessed to {}, the network takes {}", to_string(preprocessing.output_shape()),
           to_string(architecture.input));
    }
    if (!file.labels.empty() && static_cast<int64_t>(file.labels.size()) != architecture.classes)
      fail(ErrorKind::kBadFile, "{} labels for {} classes", file.labels.size(), architecture.classes);
    return Model{std::move(architecture), std::move(preprocessing), std::move(file.labels), {},
                 std::move(file.extra),   file.preprocessing_known};
  });
  const Graph graph = blaming(name, [&] { return models::inference_graph(model.architecture, 1); });
  model.state = state_from(graph, file.tensors, name, model.architecture.model);
  return model;
}

}  // namespace

Model load_model(const std::filesystem::path& path) {
  return model_from(io::load_model(path), path.string());
}

Model parse_model(std::span<const std::byte> bytes, const std::string& name) {
  return model_from(io::parse_model(bytes, name), name);
}

void serialize_model(const Model& model, const ByteSink& sink) {
  const io::ModelFile file{model.architecture.to_json(), model.preprocessing.to_json(), model.labels, model.extra, {},
                           model.preprocessing_known};
  io::TensorViews tensors;
  const Graph graph = models::inference_graph(model.architecture, 1);
  for (const auto& [name, variable] : graph.variables()) tensors.emplace(name, &model.state.at(name));
  io::serialize_model(file, tensors, sink);
}

void save_model(const std::filesystem::path& path, const Model& model) {
  replace_file(path, [&](const ByteSink& sink) { serialize_model(model, sink); });
}

}  // namespace residual::eval
