#include "runtime/steps.h"

#include <algorithm>
#include <cstring>

#include "core/threads.h"

namespace residual {
namespace {

class CopyKernel final : public Kernel {
 public:
  explicit CopyKernel(size_t bytes) : bytes_(static_cast<int64_t>(bytes)) {}
  void run(const KernelArgs& args) noexcept override {
    if (args.inputs[0] == args.outputs[0]) return;
    parallel_for(
        bytes_,
        [&](int64_t begin, int64_t end) {
          std::memcpy(args.outputs[0] + begin, args.inputs[0] + begin, static_cast<size_t>(end - begin));
        },
        1 << 16);
  }

 private:
  int64_t bytes_;
};

class ConstantKernel final : public Kernel {
 public:
  ConstantKernel(double value, DType type, int64_t elements) : value_(value), type_(type), elements_(elements) {}
  void run(const KernelArgs& args) noexcept override {
    switch (type_) {
      case DType::kF32: std::fill_n(reinterpret_cast<float*>(args.outputs[0]), elements_, static_cast<float>(value_)); break;
      case DType::kF64: std::fill_n(reinterpret_cast<double*>(args.outputs[0]), elements_, value_); break;
      case DType::kI64: std::fill_n(reinterpret_cast<int64_t*>(args.outputs[0]), elements_, static_cast<int64_t>(value_)); break;
      default: break;
    }
  }

 private:
  double value_;
  DType type_;
  int64_t elements_;
};

}  // namespace

std::unique_ptr<Kernel> copy_kernel(size_t bytes) {
  return std::make_unique<CopyKernel>(bytes);
}

std::unique_ptr<Kernel> constant_kernel(double value, DType type, int64_t elements) {
  return std::make_unique<ConstantKernel>(value, type, elements);
}

}  // namespace residual
