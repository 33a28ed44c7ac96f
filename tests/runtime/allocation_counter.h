// Counts the allocations of this program and its libraries: the malloc family, operator new and mmap.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace residual::support {

/// Allocations by the file of the program or library that made them: "test-runtime", "libdnnl.so.2". operator new counts for
/// its caller, not to libstdc++.
using Allocations = std::map<std::string, int64_t>;

/// Counts during its lifetime; one instance at a time. Under AddressSanitizer, which replaces malloc, only operator new.
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
