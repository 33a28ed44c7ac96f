// Which network of the model table some tensors belong to, recognised by their names and shapes.
#pragma once

#include <optional>
#include <string>

#include "convert/recognition/fit.h"

namespace residual::convert {

/// The best fit among all networks of the model table, with their shortcuts, stems, blocks and norms, and with as many blocks in
/// each stage as the file has, under the prefix where one fits completely; none where hardly any tensor fits one. The fit has
/// differences when no network fits completely. Of networks that have the same tensors a residual one comes before a plain one,
/// activation behind convolution before activation first; what leaves no tensor different at all (how shortcuts pool, which
/// convolution of a bottleneck has the stride) is as published. Networks that can fit completely are tried first, and often no
/// other is built.
std::optional<Fit> recognise(const Shapes& found);
/// The same with a builder of the caller's, which is not called for networks that an earlier call has built.
std::optional<Fit> recognise(const Shapes& found, const Builder& build);

/// How the name of a network's tensor begins in its common spelling, without digits: "layer" of "layer1.0.conv1.weight".
std::string beginning_of(const std::string& spelling);
/// Whether the name of any tensor of the model table begins so.
bool is_known_beginning(const std::string& beginning);

}  // namespace residual::convert
