// Any text is the description of a network, in JSON and in TOML, or a clean refusal; what was read is written and reads back, and
// small networks can be built and counted.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "eval/summary.h"
#include "models/description/description.h"
#include "models/table.h"

namespace {

using namespace residual;

using Read = models::Description (*)(std::string_view, std::string_view);

void summarize(const models::Description& description) {
  if (description.blocks() > 20) return;  // keeps single inputs fast
  models::Architecture architecture;
  architecture.input = description.input;
  architecture.classes = description.classes;
  architecture.description = description;
  try {
    eval::summarize(architecture);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) std::abort();
  }
}

void check(Read read, std::string_view text) {
  try {
    const models::Description description = read(text, "input");
    if (!(models::description_from_json(models::to_json(description), "again") == description)) std::abort();
    summarize(description);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadFile) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(models::description_from_json, text);
  check(models::description_from_toml, text);
  return 0;
}
