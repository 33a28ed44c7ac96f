// The order in which regions run.
#pragma once

#include <vector>

#include "runtime/compile/cover.h"

namespace residual {

/// The regions in an order that respects their data; regions that set Variables come as early as all earlier reads of these
/// allow, so that they can be written in place. `in_place` is false when reads after writes make that impossible.
struct RegionOrder {
  std::vector<Region> regions;
  bool in_place = true;
};
RegionOrder topological_order(const GraphView& view, std::vector<Region> regions);

}  // namespace residual
