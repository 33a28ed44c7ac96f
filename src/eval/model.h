// A network together with all that it takes to use it: its weights, its way to prepare an image, the names of its classes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/preprocessing/preprocessing.h"
#include "io/model_file.h"
#include "models/table.h"
#include "runtime/state.h"

namespace residual::eval {

struct Model {
  models::Architecture architecture;
  data::Preprocessing preprocessing;
  std::vector<std::string> labels;  ///< one a class, or none
  State state;                      ///< parameters and running statistics
  io::Metadata extra;               ///< what else the file held, kept
  bool prepared = true;             ///< whether anyone said how images are prepared; otherwise `preprocessing` is a guess

  /// The name of a class: its label, or its number.
  std::string label(int64_t index) const;
};

/// Reads a model file and checks it against the network it says it is: every tensor there, of the right shape. Throws Error
/// (kBadFile).
Model load_model(const std::filesystem::path& path);

/// Every Variable of the network `model`, taken out of a file's tensors. Throws Error (kBadFile), naming the tensor, for one that
/// is missing, has another shape or element type, or holds a negative variance.
State state_from(const Graph& graph, io::Tensors& tensors, const std::filesystem::path& path, const std::string& model);

/// Writes parameters and running statistics (what else `model.state` holds is left out), replacing the file as a whole.
void save_model(const std::filesystem::path& path, const Model& model);

}  // namespace residual::eval
