// Everything that a training run needs to go on as if it had never stopped, in one safetensors file.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors/safetensors.h"

namespace residual::io {

/// The metadata keys are `residual.checkpoint` ("1.0"), `residual.identity`, `residual.progress`, `residual.choices`,
/// `residual.crc32`.
struct Checkpoint {
  std::string identity = "{}";  ///< JSON, at most 4 MiB: what run this is: model, options, fingerprint of the data
  std::string progress = "{}";  ///< JSON: where it stands: epoch, step, best so far, position in the metrics file
  std::string choices = "{}";   ///< JSON: the kernels that were chosen, to be replayed
  Tensors state;                ///< parameters, running statistics, optimizer moments
};

/// Replaces `path` as a whole, so that a run killed meanwhile leaves the previous checkpoint. Throws Error: kResource when it
/// cannot be written, kUsage when one of the texts is not JSON or the identity too long.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// The same for state that lives elsewhere; checkpoint.state is ignored.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint, const TensorViews& state);

/// Throws Error (kBadFile) that names the file when it is damaged, newer than this library, or no checkpoint.
Checkpoint load_checkpoint(const std::filesystem::path& path);

/// The same from memory; `name` stands for the file in messages.
Checkpoint parse_checkpoint(std::span<const std::byte> bytes, std::string_view name);

/// One setting that differs between two runs, as JSON; empty where that run does not have it.
struct IdentityDifference {
  std::string key;  ///< "options.lr"
  std::string saved, now;
};

/// What differs between the identities (JSON objects) of a checkpoint and of the run that wants to go on, in the order of the
/// keys; lists are compared whole. Throws Error (kBadFile) when one is not JSON or too long, or a key has more than 128 bytes.
std::vector<IdentityDifference> identity_differences(std::string_view saved, std::string_view now);

/// The differences as lines of a table: setting, in the checkpoint, in this run.
std::string side_by_side(const std::vector<IdentityDifference>& differences);

}  // namespace residual::io
