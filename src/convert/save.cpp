#include "convert/save.h"

#include <utility>

#include "convert/file_kind.h"
#include "convert/onnx.h"
#include "core/error.h"
#include "graph/sources.h"
#include "io/model_file.h"
#include "io/torch/torch_file.h"

namespace residual::convert {

StateDict state_dict_of(const eval::Model& model) {
  constexpr std::string_view kLast = "running_var";  // of batch norm's tensors, before the counter
  StateDict result;
  const Graph graph = models::inference_graph(model.architecture, 1);
  for (const Node& node : graph.nodes()) {
    if (node.op != &variable_op()) continue;
    const std::string& name = node.attributes.as<VariableAttrs>().variable;
    if (!result.tensors.emplace(name, &model.state.at(name)).second) continue;
    result.order.push_back(name);
    if (!name.ends_with(kLast)) continue;
    const std::string counter = name.substr(0, name.size() - kLast.size()) + "num_batches_tracked";
    result.counters.emplace(counter, Tensor(DType::kI64, Shape{}));
    result.order.push_back(counter);
  }
  for (const auto& [name, tensor] : result.counters) result.tensors.emplace(name, &tensor);
  return result;
}

void save(const std::filesystem::path& path, const eval::Model& model, const SaveOptions& options) {
  const FileKind kind = kind_to_write(path);
  if (kind == FileKind::kOnnx) return save_onnx(path, model, options.preprocessing_inside);
  if (options.preprocessing_inside) {
    fail(ErrorKind::kUsage, "'{}': only ONNX files can hold how images are prepared", path.string());
  }
  if (kind == FileKind::kModel) return eval::save_model(path, model);
  if (!model.architecture.graph.empty()) {
    fail(ErrorKind::kUsage,
         "'{}': the model was imported as a graph, which PyTorch's files cannot hold and no network takes the tensors of; "
         "save it as .safetensors or .onnx",
         path.string());
  }
  io::Metadata ours{{std::string(io::kArchitectureKey), model.architecture.to_json()},
                    {std::string(io::kLabelsKey), io::labels_text(model.labels)}};
  if (model.preprocessing_known) ours.emplace(io::kPreprocessingKey, model.preprocessing.to_json());
  const StateDict dict = state_dict_of(model);
  io::write_torch(path, dict.tensors, dict.order, ours);
}

}  // namespace residual::convert
