#include "eval/imagenet/imagenet.h"

#include <algorithm>
#include <string_view>

#include "eval/imagenet/classes_text.h"

namespace residual::eval {
namespace {

// Of every line the id, or the name.
std::vector<std::string> column(bool ids) {
  std::vector<std::string> words;
  for (std::string_view text = kImagenetClasses; !text.empty();) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const size_t space = line.find(' ');
    words.emplace_back(ids ? line.substr(0, space) : line.substr(space + 1));
  }
  return words;
}

}  // namespace

const std::vector<std::string>& imagenet_names() {
  static const std::vector<std::string> names = column(false);
  return names;
}

const std::vector<std::string>& imagenet_ids() {
  static const std::vector<std::string> ids = column(true);
  return ids;
}

}  // namespace residual::eval
