// In place of src/fetch/online/ in builds without RESIDUAL_FETCH.
#include "core/error.h"
#include "fetch/fetch.h"

namespace residual::fetch {

const Entry* entry_of_file(const std::filesystem::path&) noexcept {
  return nullptr;
}

std::filesystem::path obtain(const Entry& entry, const Options&) {
  std::string addresses;
  for (const PublishedFile& file : entry.files) addresses += "\n  " + file.url;
  fail(ErrorKind::kUsage,
       "'{}' cannot be fetched: this residual was built without downloads. Install the Debian packages libcurl4-openssl-dev and "
       "libssl-dev and build it with -DRESIDUAL_FETCH=ON; or download the files with another program and name their path{}{}",
       entry.name, addresses.empty() ? "" : ":", addresses);
}

}  // namespace residual::fetch
