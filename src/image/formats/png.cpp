// PNG by libpng, which decodes the stored samples; palettes, depths and alpha are handled here as in Pillow. So is damage: a file
// is read as long as it has all pixels, whatever its checksums and its end look like.
#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "image/formats/byte_order.h"
#include "image/formats/formats.h"

namespace residual {
namespace {

constexpr int64_t kMaxInflation = 1032;        // deflate cannot do better: 258 bytes from two bits
constexpr size_t kMaxChunk = size_t{8} << 20;  // memory for one chunk that is not pixels

struct Source {
  std::span<const std::byte> bytes;
  size_t at = 0;
  bool cut_off = false;
};

// Chunks that do not change pixels are skipped unread.
constexpr char kIgnored[] =
    "iCCP\0tEXt\0zTXt\0iTXt\0sPLT\0eXIf\0hIST\0tIME\0pHYs\0oFFs\0pCAL\0sCAL\0sTER\0gAMA\0cHRM\0sRGB\0bKGD\0sBIT";

// How much of the pixels' compressed data libpng asks for at once. In a file that is cut off, the last bytes are found only one
// by one.
enum class Reading : uint8_t { kInBlocks, kByteByByte };

class Decoder {
 public:
  Decoder(const DecoderInput& input, Reading reading) : input_(input), source_{input.bytes} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      fail(ErrorKind::kResource, "no memory to read '{}'", input.name);
    }
    png_set_read_fn(png_, &source_, on_read);
    if (reading == Reading::kByteByByte) png_set_compression_buffer_size(png_, 1);
  }
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  void header() {
    const bool done = guarded([&] {
      png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
      png_set_chunk_malloc_max(png_, kMaxChunk);
      png_set_chunk_cache_max(png_, 64);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, reinterpret_cast<png_const_bytep>(kIgnored), sizeof kIgnored / 5);
      png_set_option(png_, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);  // some files declare a smaller window than they use
      png_read_info(png_, info_);
      png_set_crc_action(png_, PNG_CRC_WARN_USE, PNG_CRC_DEFAULT);  // from here on: that of the pixels
      height_ = png_get_image_height(png_, info_);
      width_ = png_get_image_width(png_, info_);
      depth_ = png_get_bit_depth(png_, info_);
      colour_ = png_get_color_type(png_, info_);
      samples_ = png_get_channels(png_, info_);
    });
    if (!done) input_.refuse(message_);
  }

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  bool grey() const { return (colour_ & PNG_COLOR_MASK_COLOR) == 0; }

  int64_t least_bytes() const { return (width_ * samples_ * depth_ + 7) / 8 * height_ / kMaxInflation; }

  // pixels: height rows of width pixels of 1 (grey) or 3 bytes. False when the file ends before the last one.
  bool rows(uint8_t* pixels) {
    prepare();
    const size_t stride = static_cast<size_t>(width_) * (grey() ? 1 : 3);
    std::vector<uint8_t> memory(row_bytes_ * static_cast<size_t>(passes_ == 1 ? 1 : height_));
    for (int pass = 0; pass < passes_; ++pass) {
      for (int64_t y = 0; y < height_; ++y) {
        uint8_t* const row = memory.data() + (passes_ == 1 ? 0 : static_cast<size_t>(y) * row_bytes_);
        // The last row is complete before the end of the compressed data is checked.
        if (!guarded([&] { png_read_row(png_, row, nullptr); }) && !all_read()) return false;
        if (passes_ == 1) convert(row, pixels + static_cast<size_t>(y) * stride);
      }
    }
    for (int64_t y = 0; passes_ != 1 && y < height_; ++y)
      convert(memory.data() + static_cast<size_t>(y) * row_bytes_, pixels + static_cast<size_t>(y) * stride);
    if (message_[0] == '\0') guarded([&] { png_read_end(png_, nullptr); });
    warn();
    return true;
  }

  const char* message() const { return message_; }
  bool cut_off() const { return source_.cut_off; }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
    std::snprintf(decoder.message_, sizeof decoder.message_, "%s", message);
    std::longjmp(decoder.jump_, 1);
  }
  static void on_warning(png_structp png, png_const_charp message) {
    auto& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
    if (decoder.warning_[0] == '\0') std::snprintf(decoder.warning_, sizeof decoder.warning_, "%s", message);
  }
  static void on_read(png_structp png, png_bytep to, png_size_t count) {
    auto& source = *static_cast<Source*>(png_get_io_ptr(png));
    source.cut_off = count > source.bytes.size() - source.at;
    if (source.cut_off) png_error(png, "it is cut off");
    std::memcpy(to, source.bytes.data() + source.at, count);
    source.at += count;
  }

  // False when libpng found a mistake, which message() says then.
  template <typename Work>
  bool guarded(Work work) {
    if (setjmp(jump_) != 0) return false;
    work();
    return true;
  }

  bool all_read() const {
    return passes_ == 1 ? png_get_current_row_number(png_) >= static_cast<uint64_t>(height_)
                        : png_get_current_pass_number(png_) >= passes_;
  }

  void warn() const {
    const char* const damage = message_[0] != '\0' ? message_ : warning_;
    if (damage[0] != '\0') {
      input_.warn(fmt::format("is a damaged PNG image, of which all pixels are there: {}", damage));
    } else if (clipped_) {
      input_.warn(
          "has 16 bits a pixel, of which values above 255 become white, as in Pillow; save it with 8 bits to keep its greys");
    }
  }

  void prepare() {
    const bool done = guarded([&] {
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
    if (!done) input_.refuse(message_);
  }

  void convert(const uint8_t* row, uint8_t* to) {
    const auto width = static_cast<size_t>(width_), samples = static_cast<size_t>(samples_);
    if (colour_ == PNG_COLOR_TYPE_PALETTE) {
      for (size_t x = 0; x < width; ++x) {
        if (row[x] >= palette_size_)
          input_.refuse(fmt::format("a pixel has colour {} of a palette of {}", row[x], palette_size_));
        std::memcpy(to + 3 * x, palette_[row[x]].data(), 3);
      }
    } else if (grey() && depth_ == 16 && samples == 1) {
      // Pillow keeps such images in 16 bits and cuts them off at 255.
      for (size_t x = 0; x < width; ++x) {
        to[x] = row[2 * x] != 0 ? 255 : row[2 * x + 1];
        clipped_ |= row[2 * x] != 0;
      }
    } else {
      // The high byte of 16 bits; fewer than 8 spread to 0 … 255; alpha is dropped.
      const size_t step = depth_ == 16 ? 2 : 1, kept = grey() ? 1 : 3;
      const int scale = depth_ < 8 ? 255 / ((1 << depth_) - 1) : 1;
      for (size_t x = 0; x < width; ++x) {
        for (size_t c = 0; c < kept; ++c) to[kept * x + c] = static_cast<uint8_t>(row[(samples * x + c) * step] * scale);
      }
    }
  }

  const DecoderInput& input_;
  Source source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_;
  char message_[128] = "", warning_[128] = "";
  int64_t height_ = 0, width_ = 0;
  int depth_ = 0, colour_ = 0, samples_ = 0, passes_ = 1, palette_size_ = 0;
  bool clipped_ = false;
  size_t row_bytes_ = 0;
  std::array<std::array<uint8_t, 3>, 256> palette_{};
};

// The header chunk comes first: its size at bytes 16 … 23, the colour type at 25.
std::optional<ImageShape> shape(std::span<const std::byte> bytes) noexcept {
  const std::optional<size_t> width = number_at(bytes, 16, 4, ByteOrder::kBig), height = number_at(bytes, 20, 4, ByteOrder::kBig);
  const std::optional<size_t> colour = number_at(bytes, 25, 1, ByteOrder::kBig);
  if (!width || !height || !colour) return std::nullopt;
  return ImageShape{(*colour & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1, static_cast<int64_t>(*height), static_cast<int64_t>(*width)};
}

std::span<const std::byte> exif(std::span<const std::byte> file) noexcept {
  size_t at = 8;
  for (;;) {
    const std::optional<size_t> length = number_at(file, at, 4, ByteOrder::kBig);
    if (!length || at + 8 > file.size() || *length > file.size() - at - 8) return {};
    const std::span<const std::byte> chunk = file.subspan(at + 4, 4 + *length);
    if (begins_with(chunk, "eXIf")) return chunk.subspan(4);
    if (begins_with(chunk, "IEND")) return {};
    at += 12 + *length;
  }
}

void decode(const DecoderInput& input, Image& image) {
  if (input.bytes.size() >= 16 && begins_with(input.bytes.subspan(12), "CgBI"))
    fail(ErrorKind::kBadFile, "'{}' is a PNG image in the iPhone's own form (CgBI), which is not read; convert it to PNG or JPEG",
         input.name);
  // libpng reports the size only when it reaches the pixels.
  if (const std::optional<ImageShape> size = shape(input.bytes))
    input.check_size(size->height, size->width, (size->width + 7) / 8 * size->height / kMaxInflation);
  for (const Reading reading : {Reading::kInBlocks, Reading::kByteByByte}) {
    Decoder decoder(input, reading);
    decoder.header();
    input.check_size(decoder.height(), decoder.width(), decoder.least_bytes());
    image.height = decoder.height();
    image.width = decoder.width();
    image.channels = decoder.grey() ? 1 : 3;
    image.pixels.resize(static_cast<size_t>(image.height * image.width * image.channels));
    if (decoder.rows(image.pixels.data())) return;
    if (!decoder.cut_off() || reading == Reading::kByteByByte) input.refuse(decoder.message());
  }
}

}  // namespace

const ImageFormat& png_format() {
  static constexpr std::string_view kFirstBytes[] = {"\x89PNG\r\n\x1A\n"}, kEndings[] = {".png"};
  static constexpr ImageFormat format{"PNG", kFirstBytes, kEndings, shape, decode, exif};
  return format;
}

}  // namespace residual
