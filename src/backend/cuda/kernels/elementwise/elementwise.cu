// One grid-stride loop for all: a thread takes 16 bytes of each tensor at once, the few elements behind the last 16 bytes go to
// the first threads. Memory-bound: the functions hide behind the loads.
#include "backend/cuda/kernels/elementwise/elementwise.h"

#include "backend/cuda/kernels/device/elements.cuh"

namespace residual::cuda::kernels {
namespace {

struct Relu {
  __device__ float operator()(float x) const { return x <= 0 ? 0 : x; }  // NaN stays NaN
};
struct Sigmoid {
  __device__ float operator()(float x) const { return 1 / (1 + expf(-x)); }
};
struct Sqrt {
  __device__ float operator()(float x) const { return sqrtf(x); }
};
struct Clip {
  double least, most;
  __device__ float operator()(float x) const {
    return x < least ? static_cast<float>(least) : x > most ? static_cast<float>(most) : x;
  }
};
struct FakeQuantize {
  float scale, zero_point, lowest, highest;
  __device__ float operator()(float x) const {
    const float level = rintf(x / scale) + zero_point;
    return ((level < lowest ? lowest : level > highest ? highest : level) - zero_point) * scale;
  }
};
struct Add {
  template <class Real>
  __device__ Real operator()(Real a, Real b) const {
    return a + b;
  }
};
struct AddRelu {
  __device__ float operator()(float a, float b) const { return Relu{}(a + b); }
};
struct Multiply {
  template <class Real>
  __device__ Real operator()(Real a, Real b) const {
    return a * b;
  }
};
struct ReluBackward {
  __device__ float operator()(float dy, float y) const { return y > 0 ? dy : 0; }
};
struct SigmoidBackward {
  __device__ float operator()(float dy, float y) const { return dy * y * (1 - y); }
};
struct SqrtBackward {
  __device__ float operator()(float dy, float y) const { return dy / (2 * y); }
};
struct ClipBackward {
  double least, most;
  __device__ float operator()(float dy, float y) const { return y > least && y < most ? dy : 0; }
};
struct AddReluBackward {
  __device__ float operator()(float dy, float dy_addend, float y) const { return y > 0 ? dy + dy_addend : 0; }
};

/// N elements from the i-th on.
template <int N, class Function, class T, class... Input>
__device__ __forceinline__ void map_at(const Function& function, int64_t i, T* y, const Input*... x) {
  constexpr int kInputs = sizeof...(Input);
  float values[kInputs][N], result[N];
  int input = 0;
  (load<N>(x + i, values[input++]), ...);
  for (int k = 0; k < N; ++k) {
    if constexpr (kInputs == 1) result[k] = function(values[0][k]);
    if constexpr (kInputs == 2) result[k] = function(values[0][k], values[1][k]);
    if constexpr (kInputs == 3) result[k] = function(values[0][k], values[1][k], values[2][k]);
  }
  store<N>(result, y + i);
}

template <int N, class Function, class T, class... Input>
__global__ void __launch_bounds__(kThreads) map(Function function, int64_t count, T* y, const Input*... x) {
  for (int64_t i = thread_index(); i < count / N; i += thread_count()) map_at<N>(function, i * N, y, x...);
  const int64_t rest = count / N * N + thread_index();
  if (N > 1 && rest < count) map_at<1>(function, rest, y, x...);
}

template <class Function, class... Input>
void launch_map(StreamHandle stream, DType type, int64_t count, const Function& function, void* y, const Input*... x) {
  for_type(type, [&]<class T>(std::type_identity<T>) {
    const auto start = [&]<int N>(std::integral_constant<int, N>) {
      const unsigned blocks = grid_for((count + N - 1) / N);
      launch(stream, dim3(blocks), dim3(kThreads), map<N, Function, T, std::conditional_t<true, T, Input>...>, function, count,
             static_cast<T*>(y), static_cast<const T*>(x)...);
    };
    if (takes_vectors(0, sizeof(T), {y, x...}))
      start(std::integral_constant<int, kVector<T>>{});
    else
      start(std::integral_constant<int, 1>{});
  });
}

template <class Function>
__global__ void __launch_bounds__(kThreads)
    map_double(Function function, int64_t count, double* y, const double* a, const double* b) {
  for (int64_t i = thread_index(); i < count; i += thread_count()) y[i] = function(a[i], b[i]);
}

template <class Function>
void launch_sum_or_product(StreamHandle stream, DType type, const void* a, const void* b, void* y, int64_t count) {
  if (type != DType::kF64) return launch_map(stream, type, count, Function{}, y, a, b);
  launch(stream, dim3(grid_for(count)), dim3(kThreads), map_double<Function>, Function{}, count, static_cast<double*>(y),
         static_cast<const double*>(a), static_cast<const double*>(b));
}

}  // namespace

void launch_relu(StreamHandle stream, DType type, const void* x, void* y, int64_t count) {
  launch_map(stream, type, count, Relu{}, y, x);
}

void launch_relu_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t count) {
  launch_map(stream, type, count, ReluBackward{}, dx, dy, y);
}

void launch_sigmoid(StreamHandle stream, DType type, const void* x, void* y, int64_t count) {
  launch_map(stream, type, count, Sigmoid{}, y, x);
}

void launch_sigmoid_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t count) {
  launch_map(stream, type, count, SigmoidBackward{}, dx, dy, y);
}

void launch_sqrt(StreamHandle stream, DType type, const void* x, void* y, int64_t count) {
  launch_map(stream, type, count, Sqrt{}, y, x);
}

void launch_sqrt_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t count) {
  launch_map(stream, type, count, SqrtBackward{}, dx, dy, y);
}

void launch_clip(StreamHandle stream, DType type, const void* x, void* y, int64_t count, double least, double most) {
  launch_map(stream, type, count, Clip{least, most}, y, x);
}

void launch_clip_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t count, double least,
                          double most) {
  launch_map(stream, type, count, ClipBackward{least, most}, dx, dy, y);
}

void launch_add(StreamHandle stream, DType type, const void* a, const void* b, void* y, int64_t count) {
  launch_sum_or_product<Add>(stream, type, a, b, y, count);
}

void launch_add_relu(StreamHandle stream, DType type, const void* a, const void* b, void* y, int64_t count) {
  launch_map(stream, type, count, AddRelu{}, y, a, b);
}

void launch_add_relu_backward(StreamHandle stream, DType type, const void* dy, const void* dy_addend, const void* y, void* dx,
                              int64_t count) {
  launch_map(stream, type, count, AddReluBackward{}, dx, dy, dy_addend, y);
}

void launch_multiply(StreamHandle stream, DType type, const void* a, const void* b, void* y, int64_t count) {
  launch_sum_or_product<Multiply>(stream, type, a, b, y, count);
}

void launch_fake_quantize(StreamHandle stream, const float* x, float* y, int64_t count, float scale, float zero_point,
                          float lowest, float highest) {
  launch_map(stream, DType::kF32, count, FakeQuantize{scale, zero_point, lowest, highest}, y, static_cast<const void*>(x));
}

}  // namespace residual::cuda::kernels
