// Rows of words (device/words.cuh): 16 bytes where channels and offsets are multiples of that, as in networks; a warp takes
// neighbouring words of a row (device/rows.cuh).
#include "backend/cuda/kernels/shape/channels.h"

#include "backend/cuda/kernels/device/rows.cuh"
#include "backend/cuda/kernels/device/words.cuh"

namespace residual::cuda::kernels {
namespace {

template <class Word>
__global__ void __launch_bounds__(kThreads) copy_rows(RowCopy copy) {
  constexpr int64_t kBytes = sizeof(Word);
  const int64_t word = own_channel(1);
  if (word >= copy.width / kBytes) return;
  const Word* from = static_cast<const Word*>(copy.from) + word;
  Word* to = static_cast<Word*>(copy.to) + word;
  for (int64_t row = own_row(); row < copy.rows; row += row_step())
    to[row * (copy.to_pitch / kBytes)] = from[row * (copy.from_pitch / kBytes)];
}

/// Channels, before and after count words.
template <class Word>
__global__ void __launch_bounds__(kThreads) pad_words(const Word* x, Word* y, Shortcut shortcut, int64_t rows) {
  const int64_t channels = shortcut.before + shortcut.channels + shortcut.after, channel = own_channel(1);
  if (channel >= channels) return;
  const int64_t from = channel - shortcut.before, height = (shortcut.height + shortcut.stride - 1) / shortcut.stride,
                width = (shortcut.width + shortcut.stride - 1) / shortcut.stride;
  for (int64_t row = own_row(); row < rows; row += row_step()) {
    const int64_t image = row / width / height, h = row / width % height * shortcut.stride, w = row % width * shortcut.stride;
    const int64_t pixel = (image * shortcut.height + h) * shortcut.width + w;
    y[row * channels + channel] = from >= 0 && from < shortcut.channels ? x[pixel * shortcut.channels + from] : Word{};
  }
}

template <class Word>
__global__ void __launch_bounds__(kThreads) unpad_words(const Word* dy, Word* dx, Shortcut shortcut, int64_t rows) {
  const int64_t channel = own_channel(1), channels = shortcut.before + shortcut.channels + shortcut.after;
  if (channel >= shortcut.channels) return;
  const int64_t height = (shortcut.height + shortcut.stride - 1) / shortcut.stride,
                width = (shortcut.width + shortcut.stride - 1) / shortcut.stride;
  for (int64_t row = own_row(); row < rows; row += row_step()) {
    const int64_t image = row / shortcut.width / shortcut.height, h = row / shortcut.width % shortcut.height,
                  w = row % shortcut.width;
    const bool kept = h % shortcut.stride == 0 && w % shortcut.stride == 0;
    const int64_t pixel = (image * height + h / shortcut.stride) * width + w / shortcut.stride;
    dx[row * shortcut.channels + channel] = kept ? dy[pixel * channels + shortcut.before + channel] : Word{};
  }
}

/// Calls use(word, the shortcut with channels counted in words).
template <class Use>
void for_channel_words(size_t element_bytes, const Shortcut& shortcut, std::initializer_list<const void*> addresses,
                       const Use& use) {
  const auto bytes = static_cast<int64_t>(element_bytes);
  Shortcut in_bytes = shortcut;
  for (int64_t* channels : {&in_bytes.before, &in_bytes.channels, &in_bytes.after}) *channels *= bytes;
  for_word({in_bytes.before, in_bytes.channels, in_bytes.after}, addresses, [&]<class Word>(Word word) {
    Shortcut in_words = in_bytes;
    for (int64_t* channels : {&in_words.before, &in_words.channels, &in_words.after})
      *channels /= static_cast<int64_t>(sizeof(Word));
    use(word, in_words);
  });
}

}  // namespace

void launch_copy_rows(StreamHandle stream, const RowCopy& copy) {
  for_word({copy.from_pitch, copy.to_pitch, copy.width}, {copy.from, copy.to}, [&]<class Word>(Word) {
    const RowBlocks blocks = row_blocks_for_map(copy.rows, copy.width / static_cast<int64_t>(sizeof(Word)), 1);
    launch(stream, blocks.grid, blocks.block, copy_rows<Word>, copy);
  });
}

void launch_pad_channels(StreamHandle stream, size_t element_bytes, const void* x, void* y, const Shortcut& shortcut) {
  const int64_t rows = shortcut.batch * shortcut.out_height() * shortcut.out_width();
  for_channel_words(element_bytes, shortcut, {x, y}, [&]<class Word>(Word, const Shortcut& words) {
    const RowBlocks blocks = row_blocks_for_map(rows, words.before + words.channels + words.after, 1);
    launch(stream, blocks.grid, blocks.block, pad_words<Word>, static_cast<const Word*>(x), static_cast<Word*>(y), words, rows);
  });
}

void launch_pad_channels_backward(StreamHandle stream, size_t element_bytes, const void* dy, void* dx, const Shortcut& shortcut) {
  const int64_t rows = shortcut.batch * shortcut.height * shortcut.width;
  for_channel_words(element_bytes, shortcut, {dy, dx}, [&]<class Word>(Word, const Shortcut& words) {
    const RowBlocks blocks = row_blocks_for_map(rows, words.channels, 1);
    launch(stream, blocks.grid, blocks.block, unpad_words<Word>, static_cast<const Word*>(dy), static_cast<Word*>(dx), words,
           rows);
  });
}

}  // namespace residual::cuda::kernels
