#include "ops/elementwise/cast.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename From, typename To>
void convert(const Call& call) {
  const From* x = call.input<From>(0);
  To* y = call.output<To>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) { y[i] = static_cast<To>(x[i]); });
}

template <typename To>
void convert_to(const Call& call) {
  switch (call.input_types[0].dtype) {
    case DType::kF32: return convert<float, To>(call);
    case DType::kF64: return convert<double, To>(call);
    case DType::kF16: return convert<Float16, To>(call);
    case DType::kBF16: return convert<BFloat16, To>(call);
    case DType::kI64: return convert<int64_t, To>(call);
    case DType::kI32: return convert<int32_t, To>(call);
    case DType::kU8: return convert<uint8_t, To>(call);
    case DType::kI8: return convert<int8_t, To>(call);
  }
}

void cast(const Call& call) {
  switch (call.output_types[0].dtype) {
    case DType::kF32: return convert_to<float>(call);
    case DType::kF64: return convert_to<double>(call);
    case DType::kF16: return convert_to<Float16>(call);
    case DType::kBF16: return convert_to<BFloat16>(call);
    default: return;  // the shape rule refuses integers
  }
}

}  // namespace

std::vector<LoopedOp> cast_loops() {
  return {{&cast_op(), {cast, cast, cast, cast}}};
}

}  // namespace residual::reference
