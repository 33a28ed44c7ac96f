// A graph compiled for a target: which kernel runs which subgraph, in what order, in which layouts, and where in memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "graph/graph.h"
#include "runtime/target.h"

namespace residual {

/// Where a value is stored while a plan runs.
struct Storage {
  enum class Kind : uint8_t {
    kArena,     ///< the arena of the session, or of the prepare program; reused from step to step
    kPrepared,  ///< kept between runs and shared by sessions: constants, folded and packed weights
    kInput,     ///< set by the caller
    kVariable,  ///< in the State, canonical
  } kind = Kind::kArena;
  int device = 0;     ///< into Plan::devices
  size_t offset = 0;  ///< kArena: bytes; kPrepared, kInput, kVariable: index into Plan::prepared, inputs, variables
};

/// One value in one layout in one memory. A value that is needed in two layouts or on two devices has two entries.
struct StoredValue {
  Value value;
  TensorType type;
  Layout layout;
  Storage storage;

  size_t bytes() const { return bytes_in(type, layout); }
};

struct PlanStep {
  std::string what;    ///< the ops covered, "normalize + relu", or "reorder", "copy", "transfer", "constant"
  std::string name;    ///< the scope of the last node covered
  std::string kernel;  ///< backend and implementation
  std::vector<NodeId> nodes;
  std::vector<int> inputs, outputs;  ///< into Plan::values
  int device = 0;                    ///< into Plan::devices: whose stream runs it
  size_t scratch_offset = 0, scratch_bytes = 0;
  int64_t flops = 0;                  ///< 2 x multiply-adds
  size_t bytes = 0;                   ///< read and written
  std::shared_ptr<const Kernel> run;  ///< null: the one input's bytes become the one output's ("copy", "transfer")
};

/// The chosen kernel for each key: part of a training run's identity.
using KernelChoices = std::map<std::string, std::string>;

/// Immutable once compiled: any number of sessions run it at once.
class Plan {
 public:
  Graph graph;
  int threads = 1;
  std::string description;                             ///< of the preferred backend's hardware
  std::vector<std::shared_ptr<const Device>> devices;  ///< the first is the host
  std::vector<StoredValue> values;
  std::vector<PlanStep> prepare;                             ///< everything that depends on frozen values only; run once
  std::vector<PlanStep> steps;                               ///< run every time
  std::vector<std::pair<std::string, int>> inputs, outputs;  ///< name -> value
  std::vector<std::string> variables;
  std::vector<int> prepared;                             ///< values that outlive the prepare program
  std::vector<std::string> prepared_keys;                ///< what each of them is: equal keys, equal bytes for one State
  std::vector<size_t> arena_bytes, prepare_arena_bytes;  ///< by device
  size_t prepared_bytes = 0, input_bytes = 0;
  KernelChoices choices;  ///< only where there was more than one implementation

  int64_t flops() const;
  size_t reorders() const;            ///< reorder steps in every run
  size_t arena() const;               ///< bytes, over all devices
  size_t bytes_on(int device) const;  ///< of one session: arenas, prepared values, Variables that live there
  size_t peak_bytes() const;          ///< of one session, beside the State
  /// By entry of `variables`, whether a step of the run program reads or writes it.
  std::vector<bool> variables_in_run() const;
  /// Whether the graph sets this Variable.
  bool assigns(const std::string& variable) const;

  /// One line per step: name, ops, kernel, shapes, layouts, MFLOPs, KiB; then the totals. Deterministic for the same
  /// choices.
  std::string to_text() const;
};

/// Covers the graph with kernels of the target's backends; `choices` of an earlier plan are repeated. Throws Error (kUsage) for
/// an op that no backend runs and in a child forked after a compilation, (kResource) when the plan needs more than
/// target.memory_limit or than its device has free.
std::shared_ptr<const Plan> compile(Graph graph, const Target& target, const KernelChoices& choices = {});

}  // namespace residual
