#include "backend/cpu/executable_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace residual::cpu {

bool may_execute_generated_code() {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  void* memory = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return true;  // too little memory is reported where it is needed
  *static_cast<volatile char*>(memory) = 0;
  const bool refused = ::mprotect(memory, page, PROT_READ | PROT_WRITE | PROT_EXEC) != 0 && errno != ENOMEM;
  ::munmap(memory, page);
  return !refused;
}

}  // namespace residual::cpu
