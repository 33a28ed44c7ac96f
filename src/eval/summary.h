// A network as a table of layers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/table.h"

namespace residual::eval {

struct LayerSummary {
  std::string name;  ///< its state_dict scope
  std::string kind;  ///< conv2d, batch_norm, linear, …
  Shape output;      ///< without the batch: C,H,W or C
  int64_t parameters = 0, macs = 0;
};

struct NetworkSummary {
  std::vector<LayerSummary> layers;  ///< in order of computation
  int64_t parameters = 0;            ///< trained ones; running statistics do not count
  int64_t macs = 0;                  ///< multiply-adds of one image's forward pass, of convolutions and linear layers
};

/// "conv2d", "batch_norm", "linear", …; empty for nodes that are not layers: inputs, Variables, constants and assignments.
std::string layer_kind(const Node& node);

NetworkSummary summarize(const models::Architecture& architecture);
/// Lines of a table with totals, for people.
std::vector<std::string> to_lines(const NetworkSummary& summary);

}  // namespace residual::eval
