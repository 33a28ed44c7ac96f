// The strict JSON reader under the name that this room's neighbours know.
#pragma once

#include "core/json_text.h"

namespace residual::io {

using residual::kMaxJsonDepth;
using residual::parse_json;
using residual::shown;

}  // namespace residual::io
