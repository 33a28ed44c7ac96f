// A oneDNN primitive as one of our kernels.
#pragma once

#include <vector>

#include "backend/cpu/onednn/memory.h"

namespace residual::cpu::onednn {

/// One argument of a primitive: which it is to oneDNN, how it lies in memory, and which of our kernel's pointers it is.
struct Argument {
  enum class From : uint8_t { kInput, kOutput, kScratch } from;
  int dnnl;  ///< DNNL_ARG_…
  dnnl::memory::desc descriptor;
  size_t index = 0;  ///< among the kernel's inputs or outputs
};

/// Runs a primitive that was made with scratch memory of the caller's. Memory objects are made here, once.
class PrimitiveKernel final : public Kernel {
 public:
  PrimitiveKernel(const dnnl::primitive& primitive, const std::vector<Argument>& arguments);
  /// The primitive adds to what its first output holds: input `input`, which is copied there unless it is there already.
  void sum_into_output(size_t input, size_t bytes);
  void run(const KernelArgs& args) noexcept override;

 private:
  struct Bound {
    Argument::From from;
    size_t index;
    const void* address;
  };
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memory_;
  std::vector<Bound> bound_;
  std::vector<dnnl_exec_arg_t> arguments_;
  size_t addend_ = 0, addend_bytes_ = 0;
};

/// Scratch memory of the caller's, so that nothing is allocated in a run.
dnnl::primitive_attr caller_scratch();

/// Whether oneDNN runs this with plain loops.
bool is_reference(const std::string& primitive_name);

}  // namespace residual::cpu::onednn
