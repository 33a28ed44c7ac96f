#include "cli/inputs/image_inputs.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/system/file.h"
#include "core/system/system_error.h"
#include "data/sources/image_listing.h"

namespace residual::cli {
namespace {

// The buffer grows with the input.
std::vector<std::byte> read_standard_input() {
  std::vector<std::byte> bytes;
  std::byte block[65536];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(kind_of(errno, ErrorKind::kBadFile), "standard input cannot be read: {}", std::strerror(errno));
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<size_t>(got) > data::kMaxImageFile)
      fail(ErrorKind::kBadFile, "standard input has more than {} bytes, too many for an image", data::kMaxImageFile);
    bytes.insert(bytes.end(), block, block + got);
  }
}

}  // namespace

std::vector<std::byte> ImageInput::read() const {
  return path.empty() ? read_standard_input() : read_file(path, data::kMaxImageFile);
}

ImageInputs image_inputs(const std::vector<std::string>& arguments) {
  if (std::ranges::count(arguments, "-") > 1)
    fail(ErrorKind::kUsage, "- means one image on standard input and can be given once");
  ImageInputs inputs;
  for (const std::string& argument : arguments) {
    if (argument == "-") {
      inputs.images.push_back({argument, {}});
      continue;
    }
    const std::filesystem::path path = argument;
    const data::FoundImages found = data::find_images({&path, 1});
    for (const std::filesystem::path& image : found.images) inputs.images.push_back({image.string(), image});
    for (const std::filesystem::path& other : found.others) inputs.others.push_back(other.string());
    inputs.left_out.add(found.left_out);
  }
  return inputs;
}

}  // namespace residual::cli
