// PNG by libpng, which decodes the stored samples; palettes, depths and alpha are handled here as in Pillow.
#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"
#include "image/decode.h"

namespace residual {
namespace {

constexpr int64_t kMaxInflation = 1032;        // deflate cannot do better: 258 bytes from two bits
constexpr size_t kMaxChunk = size_t{8} << 20;  // memory for one chunk that is not pixels

struct Source {
  std::span<const std::byte> bytes;
  size_t at = 0;
};

// Chunks that do not change pixels are skipped unread.
constexpr char kIgnored[] =
    "iCCP\0tEXt\0zTXt\0iTXt\0sPLT\0eXIf\0hIST\0tIME\0pHYs\0oFFs\0pCAL\0sCAL\0sTER\0gAMA\0cHRM\0sRGB\0bKGD\0sBIT";

class Decoder {
 public:
  Decoder(std::span<const std::byte> bytes, std::string_view name) : name_(name), source_{bytes} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      fail(ErrorKind::kResource, "no memory to read '{}'", name);
    }
    png_set_read_fn(png_, &source_, on_read);
  }
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  void header() {
    guarded([&] {
      png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
      png_set_chunk_malloc_max(png_, kMaxChunk);
      png_set_chunk_cache_max(png_, 64);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, reinterpret_cast<png_const_bytep>(kIgnored), sizeof kIgnored / 5);
      png_read_info(png_, info_);
      height_ = png_get_image_height(png_, info_);
      width_ = png_get_image_width(png_, info_);
      depth_ = png_get_bit_depth(png_, info_);
      colour_ = png_get_color_type(png_, info_);
      samples_ = png_get_channels(png_, info_);
    });
  }

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  bool grey() const { return (colour_ & PNG_COLOR_MASK_COLOR) == 0; }

  int64_t least_bytes() const { return (width_ * samples_ * depth_ + 7) / 8 * height_ / kMaxInflation; }

  // pixels: height rows of width pixels of 1 (grey) or 3 bytes.
  void rows(uint8_t* pixels) {
    prepare();
    const size_t stride = static_cast<size_t>(width_) * (grey() ? 1 : 3);
    if (passes_ == 1) {
      std::vector<uint8_t> row(row_bytes_);
      for (int64_t y = 0; y < height_; ++y) {
        guarded([&] { png_read_row(png_, row.data(), nullptr); });
        convert(row.data(), pixels + static_cast<size_t>(y) * stride);
      }
    } else {
      std::vector<uint8_t> all(row_bytes_ * static_cast<size_t>(height_));
      for (int pass = 0; pass < passes_; ++pass) {
        guarded([&] {
          for (int64_t y = 0; y < height_; ++y) png_read_row(png_, all.data() + static_cast<size_t>(y) * row_bytes_, nullptr);
        });
      }
      for (int64_t y = 0; y < height_; ++y)
        convert(all.data() + static_cast<size_t>(y) * row_bytes_, pixels + static_cast<size_t>(y) * stride);
    }
    guarded([&] { png_read_end(png_, nullptr); });
  }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
    std::snprintf(decoder.message_, sizeof decoder.message_, "%s", message);
    std::longjmp(decoder.jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp png, png_bytep to, png_size_t count) {
    auto& source = *static_cast<Source*>(png_get_io_ptr(png));
    if (count > source.bytes.size() - source.at) png_error(png, "it is cut off");
    std::memcpy(to, source.bytes.data() + source.at, count);
    source.at += count;
  }

  template <typename Work>
  void guarded(Work work) {
    if (setjmp(jump_) != 0) fail(ErrorKind::kBadFile, "'{}' is a damaged PNG image: {}", name_, message_);
    work();
  }

  void prepare() {
    guarded([&] {
      png_set_packing(png_);  // samples of 1, 2 and 4 bits come as one byte each, not scaled
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
      row_bytes_ = png_get_rowbytes(png_, info_);
      png_colorp entries = nullptr;
      if (colour_ == PNG_COLOR_TYPE_PALETTE && png_get_PLTE(png_, info_, &entries, &palette_size_) != 0) {
        for (int i = 0; i < palette_size_; ++i)
          palette_[static_cast<size_t>(i)] = {entries[i].red, entries[i].green, entries[i].blue};
      }
    });
  }

  void convert(const uint8_t* row, uint8_t* to) const {
    const auto width = static_cast<size_t>(width_), samples = static_cast<size_t>(samples_);
    if (colour_ == PNG_COLOR_TYPE_PALETTE) {
      for (size_t x = 0; x < width; ++x) {
        if (row[x] >= palette_size_) {
          fail(ErrorKind::kBadFile, "'{}' is a damaged PNG image: a pixel has colour {} of a palette of {}", name_, row[x],
               palette_size_);
        }
        std::memcpy(to + 3 * x, palette_[row[x]].data(), 3);
      }
    } else if (grey() && depth_ == 16 && samples == 1) {
      // Pillow keeps such images in 16 bits and cuts them off at 255.
      for (size_t x = 0; x < width; ++x) to[x] = row[2 * x] != 0 ? 255 : row[2 * x + 1];
    } else {
      // The high byte of 16 bits; fewer than 8 spread to 0 … 255; alpha is dropped.
      const size_t step = depth_ == 16 ? 2 : 1, kept = grey() ? 1 : 3;
      const int scale = depth_ < 8 ? 255 / ((1 << depth_) - 1) : 1;
      for (size_t x = 0; x < width; ++x) {
        for (size_t c = 0; c < kept; ++c) to[kept * x + c] = static_cast<uint8_t>(row[(samples * x + c) * step] * scale);
      }
    }
  }

  std::string_view name_;
  Source source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_;
  char message_[128] = "";
  int64_t height_ = 0, width_ = 0;
  int depth_ = 0, colour_ = 0, samples_ = 0, passes_ = 1, palette_size_ = 0;
  size_t row_bytes_ = 0;
  std::array<std::array<uint8_t, 3>, 256> palette_{};
};

// libpng reports the size only when it reaches the pixels; this reads it at once. The header chunk comes first, its size at bytes
// 16 … 23.
void check_first(std::span<const std::byte> bytes, int64_t max_pixels, std::string_view name) {
  if (bytes.size() < 24) return;  // libpng reports that it is cut off
  const auto number = [&](size_t at) {
    int64_t value = 0;
    for (size_t i = at; i < at + 4; ++i) value = value << 8 | std::to_integer<int64_t>(bytes[i]);
    return value;
  };
  const int64_t width = number(16), height = number(20);
  check_size(height, width, max_pixels, (width + 7) / 8 * height / kMaxInflation, bytes.size(), name);
}

}  // namespace

void decode_png(std::span<const std::byte> bytes, std::string_view name, int64_t max_pixels, Image& image) {
  check_first(bytes, max_pixels, name);
  Decoder decoder(bytes, name);
  decoder.header();
  check_size(decoder.height(), decoder.width(), max_pixels, decoder.least_bytes(), bytes.size(), name);
  image.height = decoder.height();
  image.width = decoder.width();
  image.channels = decoder.grey() ? 1 : 3;
  image.pixels.resize(static_cast<size_t>(image.height * image.width * image.channels));
  decoder.rows(image.pixels.data());
}

}  // namespace residual
