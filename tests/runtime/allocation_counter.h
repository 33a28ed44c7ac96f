// Counts what this program allocates, its libraries included: malloc and its relatives, operator new, and mmap.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace residual::support {

/// Allocations by the file of the program or library that made them: "test-runtime", "libdnnl.so.2". operator new counts for its
/// caller, not for libstdc++.
using Allocations = std::map<std::string, int64_t>;

/// Counts while it lives; one at a time. Under AddressSanitizer, which has a malloc of its own, operator new alone.
class AllocationCounter {
 public:
  AllocationCounter();
  ~AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

  /// Ends the counting.
  Allocations stop();
};

}  // namespace residual::support
