// The checkpoint of a run: found, compared with the run's identity, restored and replaced.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "io/checkpoint.h"
#include "runtime/plan.h"
#include "runtime/state.h"
#include "train/run/run_progress.h"

namespace residual::train {

struct SavedRun {
  RunProgress progress;
  KernelChoices choices;
  io::Tensors tensors;
};

class CheckpointStore {
 public:
  CheckpointStore(std::filesystem::path path, std::string identity) : path_(std::move(path)), identity_(std::move(identity)) {}

  const std::filesystem::path& path() const { return path_; }

  /// The run to resume, if there is a checkpoint. Throws Error: kUsage, with a table of the differences, when it is of another
  /// run, kBadFile when it cannot be read.
  std::optional<SavedRun> load() const;

  /// Throws Error (kUsage) when the existing checkpoint is of an unfinished run or cannot be read.
  void refuse_to_overwrite() const;

  /// Replaces the checkpoint as a whole. Throws Error (kResource).
  void save(const RunProgress& progress, const KernelChoices& choices, const State& state) const;

 private:
  std::filesystem::path path_;
  std::string identity_;
};

/// Sets every tensor that `state` has. Throws Error (kBadFile), naming the tensor, for one that is missing or has another type.
void restore(const io::Tensors& tensors, State& state);

}  // namespace residual::train
