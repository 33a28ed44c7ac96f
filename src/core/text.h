// Figures as people read them, and names as they are compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace residual {

/// 1234567 -> "1,234,567".
std::string with_commas(int64_t number);

/// 7 -> "7 s", 83 -> "1 min 23 s", 3725 -> "1 h 02 min"; "?" when it is not finite or negative.
std::string duration(double seconds);

/// Rows of as many cells each, at least one, as lines: indented, in columns two spaces apart.
std::string table_text(const std::vector<std::vector<std::string>>& rows);

/// What decimal digits alone mean, from 0 on and without zeros in front; nothing for any other text.
std::optional<int64_t> whole_number(std::string_view digits);

/// A … Z become a … z; every other byte stays, whatever the locale.
std::string lower_case(std::string_view text);

/// The double of the fewest digits that still mean `value`, whatever the locale: 0.4914, not 0.4914000034332275. As a float it is
/// `value` again.
double shortest(float value);

}  // namespace residual
