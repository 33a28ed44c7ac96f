// A graph compiled for one machine: which kernel runs which subgraph, in which order, in which layouts, at which place in memory.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "graph/graph.h"

namespace residual {

struct PlanOptions {
  int threads = 0;          ///< 0: what the machine or its container allows
  bool tune = true;         ///< time the implementations of kernels; otherwise the first is taken
  size_t memory_limit = 0;  ///< bytes; 0: none. A plan that needs more is refused with the figure
  std::filesystem::path tuning_cache = default_tuning_cache();  ///< empty: nothing is remembered on disk
  std::map<std::string, std::string> choices;                   ///< choices of an earlier plan to repeat (see Plan::choices)

  /// "kernels.json" in the user's cache folder (core/cache_folder.h); empty where there is none.
  static std::filesystem::path default_tuning_cache();
};

/// Where a value lives while a plan runs.
struct Place {
  enum class Home : uint8_t {
    kArena,     ///< the session's arena, reused from step to step
    kPrepared,  ///< kept between runs: constants, folded and packed weights
    kInput,     ///< handed in by the caller
    kVariable,  ///< in the State, canonical
  } home = Home::kArena;
  size_t offset = 0;  ///< kArena, kPrepared: bytes; kInput, kVariable: index into Plan::inputs, Plan::variables
};

/// One value in one layout at one place. A value that is wanted in two layouts is there twice.
struct PlacedValue {
  Value value;
  TensorType type;
  Layout layout;
  Place place;
};

struct PlanStep {
  std::string what;    ///< the ops covered, "normalize + relu", or "reorder", "copy", "constant"
  std::string name;    ///< the scope of the last node covered
  std::string kernel;  ///< backend and implementation
  std::vector<NodeId> nodes;
  std::vector<int> inputs, outputs;  ///< into Plan::values
  size_t scratch_offset = 0, scratch_bytes = 0;
  int64_t flops = 0;  ///< 2 x multiply-adds
  size_t bytes = 0;   ///< read and written
  std::unique_ptr<Kernel> run;
};

/// Immutable once compiled; run by one Session at a time.
class Plan {
 public:
  Graph graph;
  int threads = 1;
  std::string device;
  std::vector<PlacedValue> values;
  std::vector<PlanStep> prepare;                             ///< everything that depends on frozen values only; run once
  std::vector<PlanStep> steps;                               ///< run every time
  std::vector<std::pair<std::string, int>> inputs, outputs;  ///< name -> value
  std::vector<std::string> variables;
  size_t arena_bytes = 0, prepared_bytes = 0, input_bytes = 0;
  std::map<std::string, std::string> choices;  ///< subgraph -> implementation, wherever there was a choice

  int64_t flops() const;
  size_t reorders() const;                                                          ///< reorder steps in every run
  size_t peak_bytes() const { return arena_bytes + prepared_bytes + input_bytes; }  ///< beside the State

  /// One line a step: name, ops, kernel, shapes, layouts, MFLOPs, KiB; then the totals. Stable from run to run for the same
  /// choices.
  std::string to_text() const;
};

/// Covers the graph with kernels of `backends`. Throws Error (kUsage) for an op that no backend runs and in a process forked
/// after one compiled, (kResource) when the plan needs more than options.memory_limit.
std::shared_ptr<const Plan> compile(Graph graph, const BackendList& backends, const PlanOptions& options = {});

}  // namespace residual
