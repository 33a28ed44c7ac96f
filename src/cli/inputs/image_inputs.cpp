#include "cli/inputs/image_inputs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>

#include "cli/terminal/output.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/system/file.h"
#include "core/system/system_error.h"
#include "core/text.h"
#include "data/sources/image_files.h"
#include "image/image.h"

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

// Whether the file begins like an image; a file that cannot be read is left to those who read it whole.
bool begins_like_image(const fs::path& path) {
  constexpr size_t kStart = 64;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::byte start[kStart];
  const ssize_t got = file.get() < 0 ? -1 : ::read(file.get(), start, kStart);
  return got < 0 || looks_like_image({start, static_cast<size_t>(got)});
}

void add_images_below(const fs::path& folder, ImageInputs& inputs) {
  ImageInputs found;
  try {
    fs::recursive_directory_iterator entries(folder);
    for (auto entry = begin(entries); entry != end(entries); ++entry) {
      const fs::path& path = entry->path();
      const std::string name = path.filename().string();
      if (name.starts_with('.')) {
        if (entry->is_directory()) entry.disable_recursion_pending();
      } else if (entry->is_regular_file()) {
        if (data::has_image_name(name) || begins_like_image(path))
          found.images.push_back({path.string(), path});
        else
          found.left_out.push_back(path.string());
      }
    }
  } catch (const fs::filesystem_error& error) {
    fail(kind_of(error.code(), ErrorKind::kBadFile), "cannot list '{}': {}", printable(folder.string(), kMostOfAPath),
         error.code().message());
  }
  if (found.images.empty()) {
    fail(ErrorKind::kBadFile, "the folder '{}' holds no image{}", printable(folder.string(), kMostOfAPath),
         found.left_out.empty() ? "" : "; " + note_on(found.left_out));
  }
  std::ranges::sort(found.images, {}, &ImageInput::name);
  std::ranges::sort(found.left_out);
  std::ranges::move(found.images, std::back_inserter(inputs.images));
  std::ranges::move(found.left_out, std::back_inserter(inputs.left_out));
}

}  // namespace

std::vector<std::byte> ImageInput::read() const {
  return path.empty() ? read_standard_input() : read_file(path, kMost);
}

ImageInputs image_inputs(const std::vector<std::string>& arguments) {
  if (std::ranges::count(arguments, "-") > 1)
    fail(ErrorKind::kUsage, "- means one image on standard input and can be given once");
  ImageInputs inputs;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument == "-") {
      inputs.images.push_back({argument, {}});
    } else if (fs::is_directory(argument, error)) {
      add_images_below(argument, inputs);
    } else {
      inputs.images.push_back({argument, argument});
    }
  }
  return inputs;
}

std::string note_on(const std::vector<std::string>& left_out) {
  if (left_out.empty()) return {};
  std::map<std::string, int64_t> endings;
  for (const std::string& file : left_out) {
    const std::string ending = lower_case(fs::path(file).extension().string());
    ++endings[ending.empty() ? "no ending" : printable(ending)];
  }
  std::vector<std::pair<std::string, int64_t>> most(endings.begin(), endings.end());
  std::ranges::stable_sort(most, std::greater{}, &std::pair<std::string, int64_t>::second);
  std::string list;
  constexpr size_t kMostListed = 8;
  for (size_t i = 0; i < std::min(most.size(), kMostListed); ++i)
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", most[i].first, most[i].second);
  if (most.size() > kMostListed) list += ", …";
  const bool one = left_out.size() == 1;
  return fmt::format("{} {} no {} and {} left out: {}", counted(static_cast<int64_t>(left_out.size()), "file"),
                     one ? "is" : "are", one ? "image" : "images", one ? "is" : "are", list);
}

}  // namespace residual::cli
