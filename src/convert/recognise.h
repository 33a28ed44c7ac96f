// Which network of the model table some tensors belong to, recognised by their names and shapes.
#pragma once

#include <functional>
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

/// Compares the file's tensors with the network's Variables; names that mean the same count as the same (see names.h). The number
/// of classes and of input channels follow the file where nothing else differs in a tensor's shape.
Fit fit(const models::Architecture& architecture, const Shapes& found);

/// The best fit among all networks of the model table, with their shortcuts, stems, blocks and norms, and with as many blocks in
/// each stage as the file has; none where hardly any tensor fits one. The fit has differences when no network fits completely. Of
/// networks that have the same tensors a residual one comes before a plain one, activation behind convolution before activation
/// first; what leaves no tensor different at all (how shortcuts pool, which convolution of a bottleneck has the stride) is as
/// published. Networks that can fit completely are tried first, and often no other is built.
std::optional<Fit> recognise(const Shapes& found);

/// Builds the graph of a network for recognise().
using Builder = std::function<Graph(const models::Architecture&)>;
/// The same with a builder of the caller's, which is not called for networks that an earlier call has built.
std::optional<Fit> recognise(const Shapes& found, const Builder& build);

/// The fewest and the most convolutions and linear layers that the network may have, which takes no graph. Equal except for the
/// projections of a residual network.
struct LayerRange {
  int64_t least = 0, most = 0;
};
LayerRange layer_range(const models::Architecture& architecture);

/// How the name of a network's tensor begins in its common spelling, without digits: "layer" of "layer1.0.conv1.weight".
std::string beginning_of(const std::string& spelling);
/// Whether the name of any tensor of the model table begins so.
bool is_known_beginning(const std::string& beginning);

/// The networks that have as many convolutions and linear layers as the tensors, whatever these are called, as they were
/// published: those of the model table and of the families of any depth, these with projections too.
std::vector<models::Architecture> of_as_many_layers(const Shapes& found);

/// The differences as lines of a table, the network's name, its shape, the file's name, its shape, at most `most` of them.
std::string side_by_side(const Fit& fit, size_t most = 20);

}  // namespace residual::convert
