// The transposition of a channels x area matrix for each sample: a block of 32 x 8 threads brings 32 x 32 elements into shared
// memory along one tensor's rows and writes them along the other's, so both are accessed without gaps.
#include "backend/cuda/kernels/shape/layout.h"

#include "backend/cuda/kernels/device/words.cuh"

namespace residual::cuda::kernels {
namespace {

constexpr int kTile = 32, kTileRows = 8;

/// y[column][row] = x[row][column] for each of the batch. x has x_rows rows of x_columns elements, y y_rows of y_columns;
/// elements of y beyond x are 0, those of x beyond y are omitted.
struct Transposition {
  int64_t batch, x_rows, x_columns, y_rows, y_columns;

  int64_t row_tiles() const { return (y_columns + kTile - 1) / kTile; }
  int64_t column_tiles() const { return (y_rows + kTile - 1) / kTile; }
};

template <class Word>
__global__ void __launch_bounds__(kThreads) transpose_tiles(const Word* x, Word* y, Transposition change) {
  __shared__ Word tile[kTile][kTile + 1];  // one column more, so that a column lies in different banks
  const int64_t row_tiles = (change.y_columns + kTile - 1) / kTile, column_tiles = (change.y_rows + kTile - 1) / kTile;
  const int64_t sample = blockIdx.x / row_tiles / column_tiles, first_row = blockIdx.x % row_tiles * kTile,
                first_column = blockIdx.x / row_tiles % column_tiles * kTile;
  const int i = static_cast<int>(threadIdx.x), j = static_cast<int>(threadIdx.y);
  for (int k = j; k < kTile; k += kTileRows) {
    const int64_t row = first_row + k, column = first_column + i;
    const bool inside = row < change.x_rows && column < change.x_columns;
    tile[k][i] = inside ? x[(sample * change.x_rows + row) * change.x_columns + column] : Word{};
  }
  __syncthreads();
  for (int k = j; k < kTile; k += kTileRows) {
    const int64_t row = first_column + k, column = first_row + i;
    if (row < change.y_rows && column < change.y_columns)
      y[(sample * change.y_rows + row) * change.y_columns + column] = tile[i][k];
  }
}

void launch_transposition(StreamHandle stream, size_t element_bytes, const void* x, void* y, const Transposition& change) {
  const auto blocks = static_cast<unsigned>(change.batch * change.row_tiles() * change.column_tiles());
  for_word({static_cast<int64_t>(element_bytes)}, {}, [&]<class Word>(Word) {
    launch(stream, dim3(blocks), dim3(kTile, kTileRows), transpose_tiles<Word>, static_cast<const Word*>(x),
           static_cast<Word*>(y), change);
  });
}

}  // namespace

void launch_to_channels_last(StreamHandle stream, size_t element_bytes, const void* x, void* y, const LayoutChange& change) {
  launch_transposition(stream, element_bytes, x, y,
                       {change.batch, change.channels, change.area, change.area, change.padded_channels});
}

void launch_to_plain(StreamHandle stream, size_t element_bytes, const void* x, void* y, const LayoutChange& change) {
  launch_transposition(stream, element_bytes, x, y,
                       {change.batch, change.area, change.padded_channels, change.channels, change.area});
}

}  // namespace residual::cuda::kernels
