// Any tensors are those of a network of the table, of nearly one, or of none: a line of the input is a tensor's name and, behind
// a space, its shape with one digit an axis.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "convert/recognise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace residual;
  const std::string text(reinterpret_cast<const char*>(data), size);
  convert::Shapes shapes;
  for (size_t from = 0; from < text.size() && shapes.size() < 64;) {
    const size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    const size_t space = std::min(line.rfind(' '), line.size());
    std::vector<int64_t> dims;
    for (size_t at = space + 1; at < line.size() && dims.size() < 4; ++at) dims.push_back(line[at] & 15);
    shapes.emplace(line.substr(0, space), Shape(std::span<const int64_t>(dims)));
    from = end + 1;
  }
  const auto found = convert::recognise(shapes);
  if (!found) return 0;
  if (found->names.size() > shapes.size()) std::abort();
  if (!found->differences.empty() && convert::side_by_side(*found).find('\x1b') != std::string::npos) std::abort();
  return 0;
}
