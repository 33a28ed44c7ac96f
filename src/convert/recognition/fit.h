// How the tensors of a file fit one network.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convert/names/names.h"
#include "graph/graph.h"
#include "io/safetensors/safetensors.h"
#include "models/architecture.h"

namespace residual::convert {

Shapes shapes_of(const io::Tensors& tensors);

/// A tensor that one side lacks, or that has another shape there.
struct Difference {
  std::string expected;                 ///< the network's name; empty: it has none such
  std::optional<Shape> expected_shape;  ///< none with the name
  std::string found;                    ///< the file's name; empty: it has none such
  std::optional<Shape> found_shape;
};

struct Fit {
  models::Architecture architecture;
  std::map<std::string, std::string> names;  ///< the network's name -> the file's, where both have the tensor in one shape
  size_t same_names = 0;                     ///< of these, spelled as the network spells them
  std::vector<Difference> differences;       ///< none: the tensors are the network's
  std::vector<std::string> ignored;          ///< the file's tensors that are no part of the network (leftover.h)
  std::string prefix;                        ///< with which the file's names begin; without a dot at its end
  std::vector<models::Architecture> also;    ///< of recognise(): other networks that have the same tensors and compute otherwise
};

/// Whether `a` is a better fit than `b`; of two that fit completely the one with more names of its own, then the likelier one.
bool better(const Fit& a, const Fit& b);

/// Of networks that have the same tensors the one of the lowest rank is taken: those that most people train come first.
int rank_among_equals(const models::Architecture& architecture);

/// Builds the graph of a network.
using Builder = std::function<Graph(const models::Architecture&)>;
Graph build_for_one_image(const models::Architecture& architecture);

/// What a network's tensors are called, and their shapes.
struct Expected {
  Shapes shapes;
  std::map<std::string, std::string> spelled;  ///< common spelling -> the network's name
};
/// One file may need all networks of the model table, so what was built is kept for the next file.
std::shared_ptr<const Expected> expected_of(const models::Architecture& architecture, const Builder& build);

/// A file's tensors under one prefix, their names in the common spelling.
struct Found {
  const Shapes& shapes;
  std::string prefix;
  Shapes inside;                               ///< of the tensors that have a spelling
  std::map<std::string, std::string> spelled;  ///< common spelling -> the file's name
  std::vector<std::string> outside;            ///< what is neither under the prefix nor the last layer
};
Found found_under(const Shapes& shapes, const std::string& prefix);

/// Whether so many tensors of such names may be a network's: what comes from anywhere may take time and memory in proportion to
/// its size alone.
bool may_be_a_network(const Shapes& shapes);

/// Compares the tensors with the network's Variables. The number of classes and of input channels follow the file where nothing
/// else differs in a tensor's shape.
Fit fit(const models::Architecture& architecture, const Found& found, const Builder& build = build_for_one_image);
/// The same under whichever prefix fits best (prefixes.h).
Fit fit(const models::Architecture& architecture, const Shapes& shapes);

/// The differences as lines of a table, the network's name, its shape, the file's name, its shape, at most `most` of them.
std::string side_by_side(const Fit& fit, size_t most = 20);

}  // namespace residual::convert
