// The steps of a plan during lowering: stored values, and the reorders and transfers between layouts and devices.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "runtime/compile/lowering.h"

namespace residual {

class PlanBuilder {
 public:
  /// Adds the graph's inputs, Variables and constants.
  PlanBuilder(Plan& plan, const BackendList& backends);

  Plan& plan() noexcept { return plan_; }
  const Plan& plan() const noexcept { return plan_; }
  const Graph& graph() const noexcept { return plan_.graph; }
  StepAliases aliases() && { return std::move(aliases_); }

  /// Index into Plan::devices; the device is added when it is new.
  int device_of(const Backend& backend);
  bool is_frozen(Value value) const { return frozen_[static_cast<size_t>(value.node)]; }
  /// The current layout of the value for a kernel on `device`, before reorders.
  const Layout& layout_on(Value value, int device) const;

  int add_value(Value value, const Layout& layout, Storage storage);
  /// A step of the run program, or of the prepare program where it is frozen.
  void add_step(PlanStep step, bool frozen, std::vector<Implementation::Alias> aliases = {});
  /// The value in this layout on this device, by reorder and transfer steps where it does not exist yet.
  int at(Value value, const Layout& layout, int device);
  /// The conversion by the first backend of this device that supports it.
  std::optional<Implementation> find_reorder(const TensorType& type, const Layout& from, const Layout& to, int device) const;

  /// The graph's named outputs, on the host, and its assigns. `in_place`: whether all reads of a Variable come before its update.
  void finish(bool in_place);

 private:
  void add_sources();
  size_t variable(const std::string& name);
  StoredValue& stored(int index) { return plan_.values[static_cast<size_t>(index)]; }
  const StoredValue& stored(int index) const { return plan_.values[static_cast<size_t>(index)]; }
  bool is_prepared(int index) const;
  int find(Value value, int device) const;
  int reordered(int from, const Layout& layout);
  int transferred(int from, int device);
  PlanStep copy_step(std::string what, std::string name, int from, int to) const;
  int output_on_host(Value value);
  int saved(int index);
  void add_assigns(bool in_place);
  bool computed_into(int index, size_t target);
  bool must_share(size_t step, int output) const;
  bool shares(size_t step, int input, int output) const;

  Plan& plan_;
  const BackendList& backends_;
  int variables_device_ = 0;  // where assigned Variables live
  std::vector<bool> frozen_;
  std::map<Value, std::vector<int>> where_;  // the first is how it was produced
  StepAliases aliases_;                      // by step of `run`
};

}  // namespace residual
