// The text of classes.txt, which the build embeds.
#pragma once

#include <string_view>

namespace residual::eval {

extern const std::string_view kImagenetClasses;

}  // namespace residual::eval
