#include "core/tensor/dtype.h"

#include "core/error.h"

namespace residual {

std::string_view name_of(DType type) noexcept {
  switch (type) {
    case DType::kF32: return "f32";
    case DType::kF64: return "f64";
    case DType::kF16: return "f16";
    case DType::kBF16: return "bf16";
    case DType::kI64: return "i64";
    case DType::kI32: return "i32";
    case DType::kU8: return "u8";
    case DType::kI8: return "i8";
  }
  return "?";
}

DType dtype_named(std::string_view name) {
  for (DType type : {DType::kF32, DType::kF64, DType::kF16, DType::kBF16, DType::kI64, DType::kI32, DType::kU8, DType::kI8}) {
    if (name == name_of(type)) return type;
  }
  fail(ErrorKind::kUsage, "no element type is called '{}'; known are f32, f64, f16, bf16, i64, i32, u8, i8", name);
}

}  // namespace residual
