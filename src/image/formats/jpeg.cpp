// JPEG by libjpeg-turbo with its defaults (accurate integer DCT, smooth chroma upsampling), which is what Pillow uses.
#include <csetjmp>
#include <cstdio>

// jpeglib.h needs <cstdio> before it.
#include <jerror.h>
#include <jpeglib.h>

#include <optional>
#include <string>

#include "image/formats/byte_order.h"
#include "image/formats/cmyk.h"
#include "image/formats/formats.h"

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
  char warning[JMSG_LENGTH_MAX];  // the first
};

Failure& failure_of(j_common_ptr info) {
  return *reinterpret_cast<Failure*>(info->err);
}

[[noreturn]] void leave(j_common_ptr info) {
  Failure& failure = failure_of(info);
  failure.manager.format_message(info, failure.message);
  std::longjmp(failure.jump, 1);
}

// At the end of a file that is cut off libjpeg invents pixels: that is an error here. Other damage is read as Pillow reads it.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  if (info->err->msg_code == JWRN_JPEG_EOF) leave(info);
  Failure& failure = failure_of(info);
  if (failure.warning[0] == '\0') failure.manager.format_message(info, failure.warning);
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
  explicit Decoder(const DecoderInput& input) : input_(input) {
    info_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = leave;
    failure_.manager.emit_message = on_message;
    progress_.progress_monitor = on_progress;
    guarded([&] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(input.bytes.data()), input.bytes.size());
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
    if (failure_.warning[0] != '\0') input_.warn(fmt::format("is a damaged JPEG image: {}", failure_.warning));
  }

  int64_t height() const { return info_.image_height; }
  int64_t width() const { return info_.image_width; }
  int64_t components() const { return info_.num_components == 4 ? 4 : info_.num_components == 1 ? 1 : 3; }

 private:
  template <typename Work>
  void guarded(Work work) {
    if (setjmp(failure_.jump) != 0) input_.refuse(failure_.message);
    work();
  }

  const DecoderInput& input_;
  Failure failure_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
};

// The segments before the pixels, one after the other, each with its marker's second byte and its content.
class Segments {
 public:
  explicit Segments(std::span<const std::byte> file) : file_(file) {}

  // False at the pixels, and where the bytes end first.
  bool next() noexcept {
    for (;;) {
      const std::optional<size_t> code = number_at(file_, at_, 2, ByteOrder::kBig);
      if (!code) return false;
      if (*code < 0xFF01 || *code == 0xFFFF) {
        ++at_;  // bytes between segments, which decoders skip
        continue;
      }
      const std::optional<size_t> length = number_at(file_, at_ + 2, 2, ByteOrder::kBig);
      if (*code == 0xFFDA || *code == 0xFFD9 || !length || *length < 2 || *length > file_.size() - at_ - 2) return false;
      marker = *code & 0xFF;
      content = file_.subspan(at_ + 4, *length - 2);
      at_ += 2 + *length;
      return true;
    }
  }

  size_t marker = 0;
  std::span<const std::byte> content;

 private:
  std::span<const std::byte> file_;
  size_t at_ = 2;
};

// Of a frame's header: precision, height, width, number of components.
std::optional<ImageShape> shape(std::span<const std::byte> bytes) noexcept {
  for (Segments segments(bytes); segments.next();) {
    const size_t marker = segments.marker;
    if (marker < 0xC0 || marker > 0xCF || marker == 0xC4 || marker == 0xC8 || marker == 0xCC) continue;
    const auto number = [&](size_t at, size_t count) { return number_at(segments.content, at, count, ByteOrder::kBig); };
    const std::optional<size_t> height = number(1, 2), width = number(3, 2), components = number(5, 1);
    if (!height || !width || !components) return std::nullopt;
    return ImageShape{*components == 1 ? 1 : 3, static_cast<int64_t>(*height), static_cast<int64_t>(*width)};
  }
  return std::nullopt;
}

std::span<const std::byte> exif(std::span<const std::byte> file) noexcept {
  constexpr std::string_view kExif("Exif\0\0", 6);
  for (Segments segments(file); segments.next();) {
    if (segments.marker == 0xE1 && begins_with(segments.content, kExif)) return segments.content.subspan(kExif.size());
  }
  return {};
}

void decode(const DecoderInput& input, Image& image) {
  Decoder decoder(input);
  decoder.header();
  input.check_size(decoder.height(), decoder.width(), decoder.least_bytes());
  image.height = decoder.height();
  image.width = decoder.width();
  image.channels = decoder.components() == 1 ? 1 : 3;
  image.pixels.resize(static_cast<size_t>(image.height * image.width * decoder.components()));
  decoder.rows(image.pixels.data());
  if (decoder.components() == 4) inks_to_colours(image.pixels, InkOrder::kInverted);
}

}  // namespace

const ImageFormat& jpeg_format() {
  static constexpr std::string_view kFirstBytes[] = {"\xFF\xD8\xFF"}, kEndings[] = {".jpg", ".jpeg", ".jpe", ".jfif"};
  static constexpr ImageFormat format{"JPEG", kFirstBytes, kEndings, shape, decode, exif};
  return format;
}

}  // namespace residual
