// The state_dicts in a pickle, wherever they are: dicts of tensors by name, and whole modules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/torch/pickle.h"

namespace residual::io {

/// A dict in which tensors have names, or a module's parameters and buffers under the names of its state_dict.
struct StateDict {
  std::string name;  ///< the keys that lead to it, with dots: "model.state_dict"; empty: it is the whole object
  std::vector<std::pair<std::string, uint32_t>> entries;  ///< by name; of a dict also what is no tensor
  size_t tensors = 0;                                     ///< of the entries
  std::vector<uint32_t> within;                           ///< the objects that hold it, the outermost first, itself the last
};

/// All of them, outer ones first. Throws Error (kBadFile) naming `file` where modules hold each other so often that their names
/// would fill the memory.
std::vector<StateDict> find_state_dicts(const Pickle& pickle, const std::string& file);

/// The index of the one that is most likely the network's weights: one of those that have at least half as many tensors as the
/// largest, of these by its name, averages of the weights last. `found` is not empty.
size_t likeliest(const std::vector<StateDict>& found);

/// How unlikely it is that the weights to use have this name, keys with dots; 0: none is likelier. "state_dict" comes before
/// "net", and both before an average of the weights, a teacher or an optimizer.
size_t unlikelihood(std::string_view name);

/// What an object is, for messages: "a set", "what 'argparse.Namespace' would make".
std::string described(const Pickle& pickle, const PickleObject& object);

}  // namespace residual::io
