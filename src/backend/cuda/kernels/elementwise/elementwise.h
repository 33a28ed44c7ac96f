// Ops on each element by itself: ops/elementwise/. The output may be an input.
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

void launch_relu(StreamHandle stream, DType type, const void* x, void* y, int64_t count);
void launch_relu_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t count);
void launch_sigmoid(StreamHandle stream, DType type, const void* x, void* y, int64_t count);
void launch_sigmoid_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t count);
void launch_sqrt(StreamHandle stream, DType type, const void* x, void* y, int64_t count);
void launch_sqrt_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t count);
void launch_clip(StreamHandle stream, DType type, const void* x, void* y, int64_t count, double least, double most);
void launch_clip_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t count, double least,
                          double most);
/// add and multiply also take float64, which scalars such as learning rates have.
void launch_add(StreamHandle stream, DType type, const void* a, const void* b, void* y, int64_t count);
/// relu(a + b), and the gradient relu_backward(a + b, y): the ends of a residual block without batch norm.
void launch_add_relu(StreamHandle stream, DType type, const void* a, const void* b, void* y, int64_t count);
void launch_add_relu_backward(StreamHandle stream, DType type, const void* dy, const void* dy_addend, const void* y, void* dx,
                              int64_t count);
void launch_multiply(StreamHandle stream, DType type, const void* a, const void* b, void* y, int64_t count);
/// float32 only. zero_point, lowest and highest are whole numbers.
void launch_fake_quantize(StreamHandle stream, const float* x, float* y, int64_t count, float scale, float zero_point,
                          float lowest, float highest);

}  // namespace residual::cuda::kernels
