// JPEG by libjpeg-turbo with its defaults (accurate integer DCT, smooth chroma upsampling), which is what Pillow uses.
#include <csetjmp>
#include <cstdio>

// jpeglib.h needs <cstdio> before it.
#include <jerror.h>
#include <jpeglib.h>

#include <string>

#include "core/error.h"
#include "image/decode.h"

namespace residual {
namespace {

constexpr int kMaxScans = 100;         // progressive files have about 10; each costs a pass over the whole image
constexpr int64_t kBlocksPerByte = 8;  // Huffman codes have at least a bit, and every 8x8 block of the finest component has one

// libjpeg reports errors by a callback that must not return. No C++ object with a destructor lives in the frames that are jumped
// over.
struct Failure {
  jpeg_error_mgr manager;  // first: libjpeg's pointer to it is cast back
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

Failure& failure_of(j_common_ptr info) {
  return *reinterpret_cast<Failure*>(info->err);
}

[[noreturn]] void leave(j_common_ptr info) {
  Failure& failure = failure_of(info);
  failure.manager.format_message(info, failure.message);
  std::longjmp(failure.jump, 1);
}

// Warnings after which libjpeg invents pixels are errors here; harmless ones pass, as in Pillow.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_BOGUS_PROGRESSION: leave(info);
    default: break;
  }
}

void on_progress(j_common_ptr info) {
  const auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
  if (decoder->input_scan_number > kMaxScans) {
    Failure& failure = failure_of(info);
    std::snprintf(failure.message, sizeof failure.message, "it has more than %d scans", kMaxScans);
    std::longjmp(failure.jump, 1);
  }
}

class Decoder {
 public:
  Decoder(std::span<const std::byte> bytes, std::string_view name) : name_(name) {
    info_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = leave;
    failure_.manager.emit_message = on_message;
    failure_.message[0] = '\0';
    progress_.progress_monitor = on_progress;
    guarded([&] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    });
  }
  ~Decoder() { jpeg_destroy_decompress(&info_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  void header() {
    guarded([&] {
      jpeg_read_header(&info_, TRUE);
      if (info_.num_components == 4) {
        info_.out_color_space = JCS_CMYK;
      } else {
        info_.out_color_space = info_.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
      }
    });
  }

  // Of the smallest file that can hold so many blocks; arithmetic coding can spend much less than a bit on a block.
  int64_t least_bytes() const {
    const int64_t blocks = int64_t{info_.image_width} * info_.image_height / 64;
    return info_.arith_code ? blocks / (64 * kBlocksPerByte) : blocks / kBlocksPerByte;
  }

  // pixels: height rows of width * components() bytes.
  void rows(uint8_t* pixels) {
    guarded([&] {
      jpeg_start_decompress(&info_);
      const size_t stride = size_t{info_.output_width} * static_cast<size_t>(info_.output_components);
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = pixels + stride * info_.output_scanline;
        jpeg_read_scanlines(&info_, &row, 1);
      }
      jpeg_finish_decompress(&info_);
    });
  }

  int64_t height() const { return info_.image_height; }
  int64_t width() const { return info_.image_width; }
  int64_t components() const { return info_.num_components == 4 ? 4 : info_.num_components == 1 ? 1 : 3; }

 private:
  template <typename Work>
  void guarded(Work work) {
    if (setjmp(failure_.jump) != 0) fail(ErrorKind::kBadFile, "'{}' is a damaged JPEG image: {}", name_, failure_.message);
    work();
  }

  std::string_view name_;
  Failure failure_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
};

// Ink on white, stored inverted as Adobe does; each colour is what the ink and the black leave. In place, 4 bytes to 3.
void cmyk_to_rgb(std::vector<uint8_t>& pixels) {
  const size_t count = pixels.size() / 4;
  for (size_t i = 0; i < count; ++i) {
    const int32_t white = pixels[4 * i + 3];
    for (size_t c = 0; c < 3; ++c) {
      const int32_t product = (255 - pixels[4 * i + c]) * white + 128;
      pixels[3 * i + c] = static_cast<uint8_t>(white - (((product >> 8) + product) >> 8));
    }
  }
  pixels.resize(count * 3);
}

}  // namespace

void decode_jpeg(std::span<const std::byte> bytes, std::string_view name, int64_t max_pixels, Image& image) {
  Decoder decoder(bytes, name);
  decoder.header();
  check_size(decoder.height(), decoder.width(), max_pixels, decoder.least_bytes(), bytes.size(), name);
  image.height = decoder.height();
  image.width = decoder.width();
  image.channels = decoder.components() == 1 ? 1 : 3;
  image.pixels.resize(static_cast<size_t>(image.height * image.width * decoder.components()));
  decoder.rows(image.pixels.data());
  if (decoder.components() == 4) cmyk_to_rgb(image.pixels);
}

}  // namespace residual
