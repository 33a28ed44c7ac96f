#include "core/nearest_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "core/text.h"

namespace residual {
namespace {

size_t distance(std::string_view asked, std::string_view name) {
  // Rows of the letters of `asked` so far, the last two and this one; element j: to the first j letters of `name`.
  std::vector<size_t> before, last, row(name.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= asked.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (size_t j = 1; j <= name.size(); ++j) {
      const size_t changed = last[j - 1] + (asked[i - 1] == name[j - 1] ? 0 : 1);
      row[j] = std::min({changed, last[j] + 1, row[j - 1] + 1});
      const bool exchanged = i > 1 && j > 1 && asked[i - 1] == name[j - 2] && asked[i - 2] == name[j - 1];
      if (exchanged) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return std::min(row.back(), *std::ranges::min_element(row) + 1);
}

}  // namespace

std::string_view nearest_name(std::string_view asked, std::span<const std::string> names) {
  constexpr size_t kMost = 64;
  const std::string wanted = lower_case(asked.substr(0, kMost));
  std::string_view nearest;
  size_t least = std::max<size_t>(2, wanted.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t letters = distance(wanted, lower_case(name));
    if (letters < least) {
      least = letters;
      nearest = name;
    }
  }
  return nearest;
}

std::string nearest_hint(std::string_view asked, std::span<const std::string> names) {
  const std::string_view nearest = nearest_name(asked, names);
  return nearest.empty() ? "" : fmt::format("; the nearest name is '{}'", nearest);
}

}  // namespace residual
