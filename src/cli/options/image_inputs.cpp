#include "cli/options/image_inputs.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/json_text.h"
#include "core/system_error.h"
#include "data/sources/image_files.h"

namespace residual::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMost = size_t{1} << 30;

// The buffer grows with the input.
std::vector<std::byte> read_standard_input() {
  std::vector<std::byte> bytes;
  std::byte block[65536];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(kind_of(errno, ErrorKind::kBadFile), "standard input cannot be read: {}", std::strerror(errno));
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<size_t>(got) > kMost)
      fail(ErrorKind::kBadFile, "standard input has more than {} bytes, too many for an image", kMost);
    bytes.insert(bytes.end(), block, block + got);
  }
}

std::vector<ImageInput> images_below(const fs::path& folder) {
  std::vector<ImageInput> found;
  try {
    fs::recursive_directory_iterator entries(folder);
    for (auto entry = begin(entries); entry != end(entries); ++entry) {
      const std::string name = entry->path().filename().string();
      if (name.starts_with('.')) {
        if (entry->is_directory()) entry.disable_recursion_pending();
      } else if (data::has_image_name(name) && entry->is_regular_file()) {
        found.push_back({entry->path().string(), entry->path()});
      }
    }
  } catch (const fs::filesystem_error& error) {
    fail(kind_of(error.code(), ErrorKind::kBadFile), "cannot list '{}': {}", printable(folder.string(), kMostOfAPath),
         error.code().message());
  }
  if (found.empty()) {
    fail(ErrorKind::kBadFile, "the folder '{}' holds no image: no name in it ends in .jpg, .jpeg or .png",
         printable(folder.string(), kMostOfAPath));
  }
  std::ranges::sort(found, {}, &ImageInput::name);
  return found;
}

}  // namespace

std::vector<std::byte> ImageInput::read() const {
  return path.empty() ? read_standard_input() : read_file(path, kMost);
}

std::vector<ImageInput> image_inputs(const std::vector<std::string>& arguments) {
  if (std::ranges::count(arguments, "-") > 1)
    fail(ErrorKind::kUsage, "- means one image on standard input and can be given once");
  std::vector<ImageInput> inputs;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument == "-") {
      inputs.push_back({argument, {}});
    } else if (fs::is_directory(argument, error)) {
      const std::vector<ImageInput> below = images_below(argument);
      inputs.insert(inputs.end(), below.begin(), below.end());
    } else {
      inputs.push_back({argument, argument});
    }
  }
  return inputs;
}

}  // namespace residual::cli
