// Which network of the model table some tensors belong to, told by their names and shapes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "io/safetensors/safetensors.h"
#include "models/architecture.h"

namespace residual::convert {

using Shapes = std::map<std::string, Shape>;  ///< the tensors of a file, by their names there
Shapes shapes_of(const io::Tensors& tensors);

/// A tensor that one side lacks, or that has another shape there.
struct Difference {
  std::string expected;                 ///< the network's name; empty: it has none such
  std::optional<Shape> expected_shape;  ///< none with the name
  std::string found;                    ///< the file's name; empty: it has none such
  std::optional<Shape> found_shape;
};

/// How the tensors of a file fit a network.
struct Fit {
  models::Architecture architecture;
  std::map<std::string, std::string> names;  ///< the network's name -> the file's, where both have the tensor in one shape
  size_t same_names = 0;                     ///< of these, spelled as the network spells them
  std::vector<Difference> differences;       ///< none: the tensors are the network's
  std::vector<models::Architecture> also;    ///< of recognise(): other networks that have the same tensors and compute otherwise
};

/// Holds the file's tensors against the network's Variables; names that mean the same count as the same (see names.h). The number
/// of classes and of input channels follow the file where nothing else differs in a tensor's shape.
Fit fit(const models::Architecture& architecture, const Shapes& found);

/// The best fit among all networks of the model table, with their shortcuts, stems, blocks and norms, and with as many blocks in
/// each stage as the file has; none where hardly any tensor fits one. The fit has differences when no network fits completely. Of
/// networks that have the same tensors a residual one comes before a plain one, activation behind convolution before activation
/// first; what leaves no tensor different at all (how shortcuts pool, which convolution of a bottleneck has the stride) is as
/// published.
std::optional<Fit> recognise(const Shapes& found);

/// The networks that have as many convolutions and linear layers as the tensors, whatever these are called, as they were
/// published: those of the model table and of the families of any depth, these with projections too.
std::vector<models::Architecture> of_as_many_layers(const Shapes& found);

/// The differences as lines of a table, the network's name, its shape, the file's name, its shape, at most `most` of them.
std::string side_by_side(const Fit& fit, size_t most = 20);

}  // namespace residual::convert
