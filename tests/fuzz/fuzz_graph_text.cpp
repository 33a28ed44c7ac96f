// Any text is a graph or a clean refusal; what was read is written, and read again it is the same graph.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fuzz/expect_bad_file.h"
#include "graph/parse.h"
#include "ops/table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string written;
  const auto read = [&] { written = residual::to_text(residual::parse_graph(text, residual::find_op)); };
  if (!residual::fuzz::expect_bad_file(read)) return 0;
  if (residual::to_text(residual::parse_graph(written, residual::find_op)) != written) std::abort();
  return 0;
}
