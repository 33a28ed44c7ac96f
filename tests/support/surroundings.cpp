#include "support/surroundings.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace residual::support {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "residual-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TemporaryFolder::read(const std::string& name) const {
  std::ifstream file(path_ / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void TemporaryFolder::write(const std::string& name, std::string_view content) const {
  fs::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name, std::ios::binary) << content;
}

bool TemporaryFolder::has(const std::string& name) const {
  return fs::exists(fs::symlink_status(path_ / name));
}

size_t TemporaryFolder::files() const {
  return static_cast<size_t>(std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
}

FullDisk::FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
  ::getrlimit(RLIMIT_FSIZE, &before_);
  const rlimit limit{bytes, before_.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

FullDisk::~FullDisk() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
  std::signal(SIGXFSZ, handler_);
}

fs::path shared_data(const std::string& name) {
  const char* given = std::getenv("RESIDUAL_SHARED");
  const fs::path root = given != nullptr ? fs::path(given) : fs::path(RESIDUAL_SOURCE_DIR).parent_path() / "shared";
  const fs::path path = root / "data" / name;
  return fs::exists(path) ? path : fs::path();
}

bool run_python(const std::string& arguments) {
  const char* given = std::getenv("RESIDUAL_PYTHON");
  const std::string python = given != nullptr && *given != '\0' ? given : RESIDUAL_PYTHON;
  return std::system(fmt::format("'{}' -W ignore {}", python, arguments).c_str()) == 0;
}

bool run_script(const std::string& script, const std::string& arguments) {
  return run_python(fmt::format("'{}/tests/{}' {}", RESIDUAL_SOURCE_DIR, script, arguments));
}

std::string python_lacks(const std::string& modules) {
  const std::string question =
      "import importlib.util as u, sys; sys.exit(not all(u.find_spec(m) for m in sys.argv[1].split(\", \")))";
  if (run_python(fmt::format("-c '{}' '{}' 2>/dev/null", question, modules))) return "";
  return fmt::format("no Python with {}: scripts/setup check installs them, or set RESIDUAL_PYTHON", modules);
}

}  // namespace residual::support
