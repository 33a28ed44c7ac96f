// A network with everything that its use takes: weights, preprocessing, the names of its classes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
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
  io::Metadata extra;               ///< other metadata of the file, kept
  bool preprocessing_known = true;  ///< whether `preprocessing` is known; otherwise it is a guess

  /// The name of a class: its label, or its number.
  std::string label(int64_t index) const;
};

/// Names the classes. Throws Error (kUsage), naming `origin`, for another number of names than the network has classes.
void name_classes(Model& model, std::vector<std::string> labels, std::string_view origin = "the list of labels");

/// Reads a model file and checks it against the network it says it is: every tensor there, of the right shape. Throws Error
/// (kBadFile).
Model load_model(const std::filesystem::path& path);
/// The same for a model file's bytes; `name` stands for the file in messages.
Model parse_model(std::span<const std::byte> bytes, const std::string& name);

/// Every Variable of the network `model`, taken out of a file's tensors. Throws Error (kBadFile), naming the tensor, for one that
/// is missing, has another shape or element type, or holds a negative variance.
State state_from(const Graph& graph, io::Tensors& tensors, const std::filesystem::path& path, const std::string& model);

/// Writes parameters and running statistics (whatever else `model.state` holds is omitted), replacing the file as a whole.
void save_model(const std::filesystem::path& path, const Model& model);
/// The bytes that save_model writes.
void serialize_model(const Model& model, const ByteSink& sink);

}  // namespace residual::eval
