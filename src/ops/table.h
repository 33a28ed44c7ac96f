// Every operation there is, by name: one line an op.
#pragma once

#include <span>
#include <string_view>

#include "graph/op.h"

namespace residual {

std::span<const OpDef* const> op_table();

/// Null when no op has that name.
const OpDef* find_op(std::string_view name);

}  // namespace residual
