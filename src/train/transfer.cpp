#include "train/transfer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "core/log.h"
#include "eval/classes.h"
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

struct HeadRows {
  std::vector<int64_t> order;  // the pretrained row of each class; empty: as they are
  bool other_classes = false;  // only some of the data's classes are among the pretrained ones: the head is new
};

// Of a head with as many classes; one of another size is new in any case.
HeadRows head_rows(const eval::Model& pretrained, const std::vector<std::string>& classes) {
  if (static_cast<int64_t>(classes.size()) != pretrained.architecture.classes) return {};
  eval::ClassMatch match = eval::match_classes(classes, pretrained.labels, pretrained.architecture.classes);
  if (!match.unknown.empty()) return {.order = {}, .other_classes = true};
  if (match.by != ClassesBy::kNumbers) return {.order = std::move(match.place), .other_classes = false};
  if (!pretrained.labels.empty()) warn("the head is kept: {}", eval::note_on(match, true));
  return {};
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
  const HeadRows rows = head_rows(pretrained, classes);
  Start start;
  std::string differences;
  for (const auto& [name, variable] : network.variables()) {
    const auto found = pretrained.state.tensors().find(name);
    const Tensor* tensor = found == pretrained.state.tensors().end() ? nullptr : &found->second;
    const bool in_head = models::within(name, head);
    const bool fits = tensor != nullptr && tensor->shape() == variable.type.shape && tensor->dtype() == variable.type.dtype;
    if (fits && !(in_head && rows.other_classes)) {
      start.weights.set(name, in_head && !rows.order.empty() ? in_order(*tensor, rows.order) : tensor->clone());
    } else if (in_head) {
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
