#include "data/overview/left_out.h"

#include <algorithm>

#include "core/error.h"
#include "core/json_text.h"
#include "core/text.h"

namespace residual::data {

void LeftOut::add(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  ++files;
  ++endings[dot == std::string::npos || dot == 0 ? "" : lower_case(name.substr(dot))];
}

void LeftOut::add(const LeftOut& other) {
  files += other.files;
  hidden += other.hidden;
  for (const auto& [ending, count] : other.endings) endings[ending] += count;
}

std::string to_text(const LeftOut& left_out) {
  constexpr size_t kMost = 8;
  std::string kinds;
  size_t listed = 0;
  for (const auto& [ending, count] : left_out.endings) {
    if (++listed > kMost) break;
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", ending.empty() ? "without ending" : printable(ending), count);
  }
  if (listed > kMost) kinds += ", …";
  const std::string hidden = left_out.hidden == 1 ? "1 hidden file" : fmt::format("{} hidden files", left_out.hidden);
  if (left_out.files == 0) return left_out.hidden == 0 ? "" : hidden + (left_out.hidden == 1 ? " is left out" : " are left out");
  return fmt::format("{} {} left out ({}){}", left_out.files,
                     left_out.files == 1 ? "file that is no image is" : "files that are no images are", kinds,
                     left_out.hidden == 0 ? "" : ", and " + hidden);
}

void refuse_broken(const std::vector<BrokenImage>& broken, int64_t images) {
  constexpr size_t kMost = 1000;
  if (broken.empty()) return;
  if (broken.size() == 1) {
    fail(ErrorKind::kBadFile, "{}; replace or remove it, or leave it out with --skip-broken (DatasetOptions::skip_broken)",
         broken[0].why);
  }
  std::string list;
  for (size_t i = 0; i < std::min(broken.size(), kMost); ++i) list += "\n  " + broken[i].why;
  if (broken.size() > kMost) list += fmt::format("\n  and {} more", broken.size() - kMost);
  fail(ErrorKind::kBadFile,
       "{} of {} images cannot be read; replace or remove them, or leave them out with --skip-broken "
       "(DatasetOptions::skip_broken):{}",
       broken.size(), images, list);
}

}  // namespace residual::data
