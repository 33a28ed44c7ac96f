// A model in other programs' files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "eval/model.h"
#include "io/safetensors/safetensors.h"

namespace residual::convert {

/// A network's tensors as PyTorch's state_dict has them: in the order in which the network was built, and with batch norm's
/// counters of training steps, which are not kept here and are 0.
struct StateDict {
  io::Tensors counters;            ///< num_batches_tracked
  io::TensorViews tensors;         ///< all, those of the model and the counters
  std::vector<std::string> order;  ///< their names
};
StateDict state_dict_of(const eval::Model& model);  ///< `model` must outlive it

struct SaveOptions {
  bool preprocessing_inside = false;  ///< ONNX: the network divides and normalises its images itself (see onnx.h)
};

/// Writes the model in the format of the path's extension (kind_to_write), replacing the file as a whole. Throws Error: kUsage
/// for an unknown extension, or a preprocessing that cannot go into the file, kResource when it cannot be written.
void save(const std::filesystem::path& path, const eval::Model& model, const SaveOptions& options = {});

}  // namespace residual::convert
