// The name that a misspelt one probably stands for.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace residual {

/// The one of `names` that takes the fewest changed, added, removed and exchanged letters, whatever their case (Damerau and
/// Levenshtein's distance, each letter edited once); a name that goes on after the letters asked for counts as one more. The
/// first of several. Empty where none is near: where more than two letters and a third of them would have to change.
std::string_view nearest_name(std::string_view asked, std::span<const std::string> names);

/// "; the nearest name is 'resnet50'" as the end of a message, or nothing.
std::string nearest_hint(std::string_view asked, std::span<const std::string> names);

}  // namespace residual
