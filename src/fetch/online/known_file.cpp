#include <fcntl.h>

#include <system_error>

#include "core/system/file.h"
#include "fetch/fetch.h"
#include "fetch/online/sha256.h"

namespace residual::fetch {

const Entry* entry_of_file(const std::filesystem::path& path) noexcept {
  try {
    for (const Entry& entry : catalogue()) {
      if (entry.kind != Kind::kWeights) continue;
      const PublishedFile& file = entry.files[0];
      if (path.filename() != file.name && path.filename() != entry.name + ".pth") continue;  // the latter once it was fetched
      const auto bytes = static_cast<int64_t>(std::filesystem::file_size(path));
      if (bytes < file.least_bytes || bytes > file.most_bytes) return nullptr;
      const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
      return descriptor.get() >= 0 && sha256_of(descriptor.get()).starts_with(file.sha256) ? &entry : nullptr;
    }
  } catch (const std::exception&) {  // it cannot be read, for whatever reason its reader will say
  }
  return nullptr;
}

}  // namespace residual::fetch
