#include "backend/cuda/cudnn/library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace residual::cuda::cudnn {
namespace {

// cuDNN 9 counts 90100 for 9.1.0, earlier ones 8907 for 8.9.7.
std::string version_text(size_t version) {
  return version >= 90000 ? fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100)
                          : fmt::format("{}.{}.{}", version / 1000, version / 100 % 10, version % 100);
}

Library find_library() {
  const std::string soname = fmt::format("libcudnn.so.{}", kMajor);
  if (const char* named = std::getenv("RESIDUAL_CUDNN"); named != nullptr && *named != '\0') {
    std::error_code ignored;
    const std::filesystem::path path = named;
    return open_library(std::filesystem::is_directory(path, ignored) ? path / soname : path);
  }
  Library found = open_library(soname);
  if (found.version.empty()) {  // an installation of another version is worth its name in the message
    for (const char* other : {"libcudnn.so", "libcudnn.so.8", "libcudnn.so.10"}) {
      if (Library another = open_library(other); !another.version.empty()) return another;
    }
  }
  return found;
}

}  // namespace

Library open_library(const std::string& name) {
  Library result;
  void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) {
    const char* reason = ::dlerror();
    result.problem = fmt::format(
        "cuDNN {} is not found ({}): install it, or name the folder of libcudnn.so.{} in RESIDUAL_CUDNN or LD_LIBRARY_PATH",
        kMajor, reason == nullptr ? name : reason, kMajor);
    return result;
  }
  const auto version = reinterpret_cast<size_t (*)()>(::dlsym(handle, "cudnnGetVersion"));
  if (version == nullptr) {
    result.problem = fmt::format("'{}' is not cuDNN", name);
  } else {
    result.version = version_text(version());
    if (const std::string expected = fmt::format("{}.", kMajor); !result.version.starts_with(expected))
      result.problem = fmt::format("cuDNN {} is installed, this program needs cuDNN {}", result.version, kMajor);
  }
  if (result.problem.empty())
    result.handle = handle;
  else
    ::dlclose(handle);
  return result;
}

const Library& library() {
  static const Library found = find_library();
  return found;
}

}  // namespace residual::cuda::cudnn
