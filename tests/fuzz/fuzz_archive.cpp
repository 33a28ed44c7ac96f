// Archives (tar, tar.gz, zip), read into memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "core/error.h"
#include "data/files/archive.h"

namespace {

// Every folder and file can be listed and read, and the names are plain ones.
void walk(const residual::data::FileTree& tree, const std::string& folder) {
  for (const auto& entry : tree.list(folder)) {
    if (entry.name.empty() || entry.name[0] == '.' || entry.name.find('/') != std::string::npos) std::abort();
    const std::string path = residual::data::joined(folder, entry.name);
    if (entry.folder == entry.file || tree.is_folder(path) != entry.folder || tree.is_file(path) != entry.file) std::abort();
    if (entry.folder) {
      walk(tree, path);
    } else {
      tree.read(path, SIZE_MAX);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    walk(*residual::data::archive_in_memory({reinterpret_cast<const std::byte*>(data), size}, "input"), "");
  } catch (const residual::Error& error) {
    if (error.kind() != residual::ErrorKind::kBadFile) std::abort();
  }
  return 0;
}
