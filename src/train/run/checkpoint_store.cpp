#include "train/run/checkpoint_store.h"

#include <nlohmann/json.hpp>

#include "train/run/identity.h"

namespace residual::train {
namespace {

KernelChoices choices_from_json(std::string_view text) {
  try {
    return nlohmann::json::parse(text).get<KernelChoices>();
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kBadFile, "the checkpoint's kernel choices cannot be read: {}", error.what());
  }
}

}  // namespace

std::optional<SavedRun> CheckpointStore::load() const {
  if (!std::filesystem::exists(path_)) return std::nullopt;
  io::Checkpoint saved = io::load_checkpoint(path_);
  const std::vector<io::IdentityDifference> differences = io::identity_differences(upgraded_identity(saved.identity), identity_);
  if (!differences.empty()) {
    fail(ErrorKind::kUsage,
         "'{}' is of another run; resume with the options it was started with, or choose another output folder:\n{}",
         path_.string(), io::side_by_side(differences));
  }
  return SavedRun{RunProgress::from_json(saved.progress), choices_from_json(saved.choices), std::move(saved.state)};
}

void CheckpointStore::refuse_to_overwrite() const {
  if (!std::filesystem::exists(path_)) return;
  const auto refuse = [](std::string_view why) {
    fail(ErrorKind::kUsage, "the output folder holds a checkpoint that cannot be read ({}); delete it or choose another", why);
  };
  RunProgress other;
  int64_t epochs = 0;
  try {
    const io::Checkpoint saved = io::load_checkpoint(path_);
    other = RunProgress::from_json(saved.progress);
    epochs = nlohmann::json::parse(saved.identity).value("epochs", int64_t{0});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadFile) throw;
    refuse(error.what());
  } catch (const nlohmann::json::exception& error) {
    refuse(error.what());
  }
  const bool begun = other.epoch > 0 || other.batch > 0;
  if (begun && other.epoch < epochs) {
    fail(ErrorKind::kUsage,
         "'{}' holds an unfinished run ({} of {} epochs); resume it, choose another output folder, or delete it", path_.string(),
         other.epoch, epochs);
  }
}

void CheckpointStore::save(const RunProgress& progress, const KernelChoices& choices, const State& state) const {
  io::save_checkpoint(path_, {identity_, progress.to_json(), nlohmann::json(choices).dump(), {}}, io::views_of(state.tensors()));
}

void restore(const io::Tensors& tensors, State& state) {
  for (const auto& [name, tensor] : state.tensors()) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.shape() != tensor.shape() || found->second.dtype() != tensor.dtype()) {
      fail(ErrorKind::kBadFile, "the checkpoint does not belong to this network: tensor '{}' is {}", name,
           found == tensors.end() ? "missing" : to_string(found->second.shape()));
    }
    state.set(name, found->second.clone());
  }
}

}  // namespace residual::train
