#include "backend/backend.h"

namespace residual {

std::optional<Implementation> reorder(const Backend& backend, const TensorType& type, const Layout& from, const Layout& to) {
  for (const auto& packer : backend.packers()) {
    std::optional<Implementation> found = packer->pack(type, from, to);
    if (!found) continue;
    found->label = fmt::format("{} {}", backend.name(), found->label);
    return found;
  }
  return std::nullopt;
}

}  // namespace residual
