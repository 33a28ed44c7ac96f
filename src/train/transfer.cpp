#include "train/transfer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "data/labels.h"
#include "models/table.h"
#include "ops/layers/linear.h"

namespace residual::train {
namespace {

std::string shape_text(const Tensor* tensor) {
  return tensor == nullptr ? "-" : to_string(tensor->shape());
}

// A line of the table of differences.
std::string side_by_side(std::string_view name, const std::string& pretrained, const std::string& network) {
  return fmt::format("\n  {:48} {:24} {}", name, pretrained, network);
}

// Whether the stages of a network begin with this scope: from there on scopes are numbered blocks.
bool begins_stages(std::string_view top) {
  return top.starts_with("layer1") || top.starts_with("features.denseblock1") || top.starts_with("conv2");
}

// The scope of a parameter up to its stage: "layer1", "conv1", "features.denseblock1".
std::string part_of(std::string_view parameter) {
  const size_t from = parameter.starts_with("features.") ? std::string_view("features.").size() : 0;
  const size_t end = parameter.find('.', from);
  return std::string(parameter.substr(0, end));
}

// The parts of a network in the order in which they are computed.
std::vector<std::string> parts_of(const Graph& network) {
  std::vector<std::string> parts;
  for (const Node& node : network.nodes()) {
    const auto variable = network.variables().find(node.name);
    if (variable == network.variables().end() || variable->second.role != Role::kParameter) continue;
    std::string part = part_of(node.name);
    if (std::ranges::find(parts, part) == parts.end()) parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<std::string> stem_of(const std::vector<std::string>& parts) {
  const auto stages = std::ranges::find_if(parts, begins_stages);
  return stages == parts.end() ? std::vector<std::string>{} : std::vector<std::string>(parts.begin(), stages);
}

bool is_trained(const Graph& network, std::span<const std::string> frozen) {
  return std::ranges::any_of(network.variables(), [&](const auto& entry) {
    return entry.second.role == Role::kParameter && !models::within(entry.first, frozen);
  });
}

// A tensor with one row per class, its rows reordered.
Tensor in_order(const Tensor& tensor, std::span<const int64_t> rows) {
  Tensor result(tensor.dtype(), tensor.shape());
  const size_t size = tensor.bytes() / rows.size();
  for (size_t i = 0; i < rows.size(); ++i)
    std::memcpy(result.data() + i * size, tensor.data() + static_cast<size_t>(rows[i]) * size, size);
  return result;
}

}  // namespace

std::string head_scope(const Graph& network) {
  for (size_t i = network.nodes().size(); i-- > 0;) {
    if (network.nodes()[i].op == &linear_op()) return network.nodes()[i].name;
  }
  fail(ErrorKind::kUsage, "the network has no linear layer that could be its head");
}

Start start_from(const eval::Model& pretrained, const models::Architecture& architecture,
                 const std::vector<std::string>& classes) {
  const Graph network = models::inference_graph(architecture, 1);
  const std::vector<std::string> head{head_scope(network)};
  const std::optional<std::vector<int64_t>> rows = data::places_of(classes, pretrained.labels);
  Start start;
  std::string differences;
  for (const auto& [name, variable] : network.variables()) {
    const auto found = pretrained.state.tensors().find(name);
    const Tensor* tensor = found == pretrained.state.tensors().end() ? nullptr : &found->second;
    if (tensor != nullptr && tensor->shape() == variable.type.shape && tensor->dtype() == variable.type.dtype) {
      start.weights.set(name, rows && models::within(name, head) ? in_order(*tensor, *rows) : tensor->clone());
    } else if (models::within(name, head)) {
      start.drawn.push_back(name);
    } else {
      differences += side_by_side(name, shape_text(tensor), to_string(variable.type.shape));
    }
  }
  if (!differences.empty()) {
    fail(ErrorKind::kUsage, "the pretrained weights of {} do not fit {}:{}{}", pretrained.architecture.model, architecture.model,
         side_by_side("parameter", "pretrained", "network"), differences);
  }
  return start;
}

std::vector<std::string> frozen_scopes(const Graph& network, std::span<const std::string> names) {
  std::vector<std::string> parts = parts_of(network);
  const std::vector<std::string> stem = stem_of(parts);
  if (!stem.empty()) parts.insert(parts.begin(), "stem");
  std::vector<std::string> scopes;
  for (const std::string& name : names) {
    const std::vector<std::string> wanted = name == "stem" ? stem : std::vector{name};
    const auto holds = [&](const auto& entry) {
      return entry.second.role == Role::kParameter && models::within(entry.first, wanted);
    };
    if (!std::ranges::any_of(network.variables(), holds)) {
      fail(ErrorKind::kUsage, "there is nothing called '{}' to freeze; the network has {}", name, fmt::join(parts, ", "));
    }
    scopes.insert(scopes.end(), wanted.begin(), wanted.end());
  }
  if (!is_trained(network, scopes)) fail(ErrorKind::kUsage, "everything is frozen, nothing is left to train");
  return scopes;
}

}  // namespace residual::train
