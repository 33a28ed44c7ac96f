#include "backend/cpu/processor.h"

#include <cstdlib>
#include <fstream>
#include <map>

namespace residual::cpu {
namespace {

Isa best_isa() {
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512cd");
  if (avx512) return Isa::kAvx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Isa::kAvx2 : Isa::kSse4;
}

Isa wanted_isa() {
  const Isa best = best_isa();
  const char* wanted = std::getenv("RESIDUAL_ISA");
  if (wanted == nullptr || *wanted == '\0') return best;
  static const std::map<std::string, Isa> names{{"sse4", Isa::kSse4}, {"avx2", Isa::kAvx2}, {"avx512", Isa::kAvx512}};
  const auto found = names.find(wanted);
  if (found == names.end()) fail(ErrorKind::kUsage, "RESIDUAL_ISA is '{}', expected avx512, avx2 or sse4", wanted);
  if (found->second > best)
    fail(ErrorKind::kUsage, "RESIDUAL_ISA asks for {}, this processor has no more than {}", to_string(found->second),
         to_string(best));
  return found->second;
}

// The first processor's lines of /proc/cpuinfo, "key : value" each.
std::map<std::string, std::string> cpuinfo() {
  std::map<std::string, std::string> fields;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const size_t end = line.find_last_not_of(" \t", colon - 1);
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    fields[line.substr(0, end + 1)] = begin == std::string::npos ? "" : line.substr(begin);
  }
  return fields;
}

Processor find_processor() {
  auto fields = cpuinfo();
  Processor found;
  found.name = fields["model name"].empty() ? "x86-64 processor" : fields["model name"];
  found.model = fmt::format("{} {}/{}/{}", fields["vendor_id"], fields["cpu family"], fields["model"], fields["stepping"]);
  found.isa = wanted_isa();
  found.block = found.isa == Isa::kAvx512 ? 16 : 8;
  return found;
}

}  // namespace

const Processor& processor() {
  static const Processor found = find_processor();
  return found;
}

std::string to_string(Isa isa) {
  switch (isa) {
    case Isa::kSse4: return "SSE4.1";
    case Isa::kAvx2: return "AVX2";
    case Isa::kAvx512: return "AVX-512";
  }
  return "?";
}

Layout image_layout(const Shape& shape) {
  if (shape.rank() != 4 || shape[1] % processor().block != 0) return Layout::plain();
  return Layout::blocked(processor().block);
}

}  // namespace residual::cpu
