// Graphs from their text form.
#pragma once

#include <functional>
#include <string_view>

#include "graph/graph.h"

namespace residual {

/// The exact inverse of to_text: to_text(parse_graph(text)) == text for every text that to_text wrote. `find_op` gives an op by
/// its name, or null. The text may come from anywhere: every node goes through its op's shape rule and must agree with the types
/// written behind it, and the whole is verified. Throws Error (kBadFile) with the number of the line that does not fit. Memory
/// stays within a fixed multiple of the text's size, which is at most 64 MiB.
Graph parse_graph(std::string_view text, const std::function<const OpDef*(std::string_view)>& find_op);

}  // namespace residual
