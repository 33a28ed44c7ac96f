// A block computes 32 x 32 elements of y: it brings 32 x 32 parts of both factors into shared memory, where each element serves
// 32 times, and a thread adds up 4 rows of one column in float32. Each load runs along the factor's rows as they lie in memory,
// so a warp reads without gaps whichever factor is transposed.
#include "backend/cuda/kernels/layers/matrix_product.h"

#include "backend/cuda/kernels/device/elements.cuh"

namespace residual::cuda::kernels {
namespace {

constexpr int kTile = 32, kTileRows = 8, kRowsOfThread = kTile / kTileRows;

/// tile[i][j] = element (first_row + i, first_column + j) of the matrix, or of its transpose; 0 outside of it.
template <class T>
__device__ __forceinline__ void fetch(const T* matrix, bool transposed, int64_t rows, int64_t columns, int64_t first_row,
                                      int64_t first_column, float (&tile)[kTile][kTile + 1]) {
  const int x = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  for (int k = y; k < kTile; k += kTileRows) {
    const int i = transposed ? x : k, j = transposed ? k : x;
    const int64_t row = first_row + i, column = first_column + j;
    const bool inside = row < rows && column < columns;
    tile[i][j] = inside ? static_cast<float>(matrix[transposed ? column * rows + row : row * columns + column]) : 0;
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads) multiply_tiles(MatrixProduct product) {
  __shared__ float a[kTile][kTile + 1], b[kTile][kTile + 1];  // one column more, so that a column lies in different banks
  const int64_t tiles = (product.columns + kTile - 1) / kTile;
  const int64_t first_row = blockIdx.x / tiles * kTile, first_column = blockIdx.x % tiles * kTile;
  const int x = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  float sum[kRowsOfThread] = {};
  for (int64_t inner = 0; inner < product.inner; inner += kTile) {
    if (inner > 0) __syncthreads();  // until all have used the last parts
    fetch(static_cast<const T*>(product.a), product.transpose_a, product.rows, product.inner, first_row, inner, a);
    fetch(static_cast<const T*>(product.b), product.transpose_b, product.inner, product.columns, inner, first_column, b);
    __syncthreads();
    for (int k = 0; k < kTile; ++k) {
      for (int i = 0; i < kRowsOfThread; ++i) sum[i] = fmaf(a[y + i * kTileRows][k], b[k][x], sum[i]);
    }
  }
  const int64_t column = first_column + x;
  if (column >= product.columns) return;
  const float bias = product.bias != nullptr ? static_cast<float>(static_cast<const T*>(product.bias)[column]) : 0;
  for (int i = 0; i < kRowsOfThread; ++i) {
    const int64_t row = first_row + y + i * kTileRows;
    if (row < product.rows) static_cast<T*>(product.y)[row * product.columns + column] = static_cast<T>(sum[i] + bias);
  }
}

}  // namespace

void launch_matrix_product(StreamHandle stream, DType type, const MatrixProduct& product) {
  const int64_t blocks = ((product.rows + kTile - 1) / kTile) * ((product.columns + kTile - 1) / kTile);
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, dim3(static_cast<unsigned>(blocks)), dim3(kTile, kTileRows), multiply_tiles<T>, product);
  });
}

}  // namespace residual::cuda::kernels
