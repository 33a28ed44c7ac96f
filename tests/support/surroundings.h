// The environment of tests: a temporary folder, a full disk, and optional resources: data beside the repository, a Python with
// PyTorch.
#pragma once

#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace residual::support {

/// A temporary folder for one test, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::string read(const std::string& name) const;  ///< "" when the file does not exist
  void write(const std::string& name, std::string_view content) const;
  bool has(const std::string& name) const;  ///< a dangling link counts too
  size_t files() const;                     ///< the number of entries

 private:
  std::filesystem::path path_;
};

/// During its lifetime no file of this process grows beyond `bytes`, which a writer cannot distinguish from a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes);
  ~FullDisk();
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

/// Data that are not part of the project: data/NAME in $RESIDUAL_SHARED, or in the folder "shared" beside the repository; ""
/// when they do not exist.
std::filesystem::path shared_data(const std::string& name);

/// Runs `arguments` with the Python of the live comparisons: $RESIDUAL_PYTHON, or the one configured in the build. Returns
/// whether it succeeded.
bool run_python(const std::string& arguments);
/// The same for a script of the tests, as in "parity/onnx_side.py".
bool run_script(const std::string& script, const std::string& arguments);
/// The reason why comparisons that need these modules ("torch, numpy") are impossible; "" when they are possible.
std::string python_lacks(const std::string& modules);

}  // namespace residual::support
