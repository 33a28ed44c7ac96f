// What a data set's folders hold beside the images that are used.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace residual::data {

/// Files that are no images, and hidden ones: counted, and otherwise ignored.
struct LeftOut {
  int64_t files = 0;                       ///< that are no images
  std::map<std::string, int64_t> endings;  ///< how many of these with each, ".xml"; "" for names without one
  int64_t hidden = 0;                      ///< files whose name, or that of a folder around them, is omitted (is_hidden)

  void add(const std::string& path);
  void add(const LeftOut& other);
};

/// "3 files that are no images are left out (.db 1, .xml 2), and 4 hidden files"; empty where there are none.
std::string to_text(const LeftOut& left_out);

/// An image that cannot be read, and why: a message that names it.
struct BrokenImage {
  std::string name, why;
};

/// Throws Error (kBadFile) that names every one of them, where there are any. images: how many were looked at.
void refuse_broken(const std::vector<BrokenImage>& broken, int64_t images);

}  // namespace residual::data
