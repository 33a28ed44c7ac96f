// Any file is a model, recognised by its tensors or its graph, or a clean refusal; and a model that was loaded computes what it
// says: its tensors fit its network.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "convert/load.h"
#include "convert/recognition/recognise.h"
#include "core/error.h"

namespace {

using namespace residual;

// One file a process, in memory where the system has such a folder.
std::filesystem::path place() {
  std::error_code ignored;
  const std::filesystem::path shared = "/dev/shm";
  const std::filesystem::path folder =
      std::filesystem::is_directory(shared, ignored) ? shared : std::filesystem::temp_directory_path();
  return folder / ("fuzz-load-" + std::to_string(getpid()));
}

struct File {
  const std::filesystem::path path = place();
  ~File() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

}  // namespace

// The tables of what every network's tensors are called are made once a process, which is no input's fault.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  for (const int64_t kernel : {1, 3}) {  // with 3 perhaps of separable blocks
    convert::recognise({{"weight", Shape{1, 1, kernel, kernel}}});
    convert::recognise({{"weight", Shape{1, 1, kernel, kernel}}, {"running_var", Shape{1}}});
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const File file;
  std::ofstream(file.path, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    const convert::LoadedModel loaded = convert::load(file.path);
    const Graph graph = models::inference_graph(loaded.model.architecture, 1);
    for (const auto& [name, variable] : graph.variables()) {
      if (loaded.model.state.at(name).shape() != variable.type.shape) std::abort();
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadFile) std::abort();
  }
  return 0;
}
