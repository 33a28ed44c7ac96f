// What tests have around them: a folder of their own, a disk that is full, and what may be there or not: data beside the
// repository, a Python with PyTorch.
#pragma once

#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace residual::support {

/// A folder of its own for one test, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::string read(const std::string& name) const;  ///< "" where there is no such file
  void write(const std::string& name, std::string_view content) const;
  bool has(const std::string& name) const;  ///< a dangling link counts too
  size_t files() const;                     ///< how many entries it has

 private:
  std::filesystem::path path_;
};

/// While it lives, no file of this process grows beyond `bytes`: to a writer that is what a full disk looks like.
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
/// where they are not there.
std::filesystem::path shared_data(const std::string& name);

/// Runs `arguments` with the Python of the live comparisons: $RESIDUAL_PYTHON, or the one that the build was told of. Whether it
/// ended well.
bool run_python(const std::string& arguments);
/// The same for a script of the tests, as in "parity/onnx_side.py".
bool run_script(const std::string& script, const std::string& arguments);
/// Why comparisons that need these modules ("torch, numpy") cannot be made; "" where they can.
std::string python_lacks(const std::string& modules);

}  // namespace residual::support
