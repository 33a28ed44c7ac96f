#include "runtime/compile/constant_kernel.h"

#include <algorithm>

#include "core/error.h"
#include "core/tensor/float16.h"

namespace residual {
namespace {

template <typename T>
std::unique_ptr<const Kernel> fill_kernel(double value, int64_t elements) {
  return make_kernel(
      [=](const KernelArgs& args) { std::fill_n(reinterpret_cast<T*>(args.outputs[0]), elements, static_cast<T>(value)); });
}

}  // namespace

std::unique_ptr<const Kernel> constant_kernel(double value, DType type, int64_t elements) {
  switch (type) {
    case DType::kF64: return fill_kernel<double>(value, elements);
    case DType::kF32: return fill_kernel<float>(value, elements);
    case DType::kF16: return fill_kernel<Float16>(value, elements);
    case DType::kBF16: return fill_kernel<BFloat16>(value, elements);
    case DType::kI64: return fill_kernel<int64_t>(value, elements);
    case DType::kI32: return fill_kernel<int32_t>(value, elements);
    case DType::kU8: return fill_kernel<uint8_t>(value, elements);
    case DType::kI8: return fill_kernel<int8_t>(value, elements);
  }
  fail(ErrorKind::kOther, "a constant of an unknown element type");
}

}  // namespace residual
