// GIF by giflib: the first image of the file on its screen, whose other pixels have the transparent colour or else the first one,
// as Pillow's convert("RGB") shows it.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "image/formats/colour_table.h"
#include "image/formats/formats.h"

namespace residual {
namespace {

struct Source {
  std::span<const std::byte> bytes;
  size_t at = 0;
};

int read_source(GifFileType* gif, GifByteType* to, int count) {
  auto& source = *static_cast<Source*>(gif->UserData);
  const size_t given = std::min(static_cast<size_t>(count), source.bytes.size() - source.at);
  std::memcpy(to, source.bytes.data() + source.at, given);
  source.at += given;
  return static_cast<int>(given);
}

// Up to the first image's pixels.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) noexcept : source_{bytes}, gif_(DGifOpen(&source_, read_source, &error_)) {
    if (gif_ == nullptr) return;
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    while (DGifGetRecordType(gif_.get(), &record) == GIF_OK && record != TERMINATE_RECORD_TYPE) {
      if (record == IMAGE_DESC_RECORD_TYPE) {
        found_ = DGifGetImageDesc(gif_.get()) == GIF_OK;
        return;
      }
      if (record != EXTENSION_RECORD_TYPE || !extension()) return;
    }
  }

  bool found() const noexcept { return found_; }
  std::string_view why() const noexcept {
    const int error = gif_ == nullptr ? error_ : gif_->Error;
    const char* const text = error == 0 ? nullptr : GifErrorString(error);
    return text == nullptr ? "it holds no image" : text;
  }

  const GifImageDesc& frame() const noexcept { return gif_->Image; }
  int64_t height() const noexcept { return std::max<int64_t>(gif_->SHeight, int64_t{frame().Top} + frame().Height); }
  int64_t width() const noexcept { return std::max<int64_t>(gif_->SWidth, int64_t{frame().Left} + frame().Width); }
  uint8_t background() const noexcept { return transparent_; }

  ColourTable colours() const noexcept {
    ColourTable table;
    const ColorMapObject* const map = frame().ColorMap != nullptr ? frame().ColorMap : gif_->SColorMap;
    for (int i = 0; map != nullptr && i < std::min(map->ColorCount, 256); ++i)
      table.set(static_cast<size_t>(i), map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue);
    return table;
  }

  bool row(uint8_t* indices) noexcept { return DGifGetLine(gif_.get(), indices, frame().Width) == GIF_OK; }

 private:
  // Its blocks; of a graphics control block, the transparent colour.
  bool extension() noexcept {
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(gif_.get(), &code, &block) != GIF_OK) return false;
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr && block[0] >= 4 && (block[1] & 1) != 0) transparent_ = block[4];
    while (block != nullptr) {
      if (DGifGetExtensionNext(gif_.get(), &block) != GIF_OK) return false;
    }
    return true;
  }

  struct Close {
    void operator()(GifFileType* gif) const noexcept { DGifCloseFile(gif, nullptr); }
  };

  Source source_;
  int error_ = 0;
  std::unique_ptr<GifFileType, Close> gif_;
  bool found_ = false;
  uint8_t transparent_ = 0;
};

std::optional<ImageShape> shape(std::span<const std::byte> bytes) noexcept {
  const Decoder decoder(bytes);
  if (!decoder.found()) return std::nullopt;
  return ImageShape{decoder.colours().is_grey() ? 1 : 3, decoder.height(), decoder.width()};
}

// The rows of an image in the order in which they are stored.
std::vector<int64_t> row_order(int64_t height, bool interlaced) {
  std::vector<int64_t> rows;
  constexpr int64_t kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (interlaced ? 4 : 1); ++pass) {
    for (int64_t y = interlaced ? kFirst[pass] : 0; y < height; y += interlaced ? kStep[pass] : 1) rows.push_back(y);
  }
  return rows;
}

void decode(const DecoderInput& input, Image& image) {
  Decoder decoder(input.bytes);
  if (!decoder.found()) input.refuse(decoder.why());
  input.check_size(decoder.height(), decoder.width());
  const GifImageDesc& frame = decoder.frame();
  if (frame.Width <= 0 || frame.Height <= 0) input.refuse("its first image has no pixels");
  image.height = decoder.height();
  image.width = decoder.width();
  image.pixels.assign(static_cast<size_t>(image.height * image.width), decoder.background());
  for (const int64_t y : row_order(frame.Height, frame.Interlace)) {
    if (!decoder.row(image.pixels.data() + (frame.Top + y) * image.width + frame.Left)) input.refuse(decoder.why());
  }
  look_up_colours(decoder.colours(), image);
}

}  // namespace

const ImageFormat& gif_format() {
  static constexpr std::string_view kFirstBytes[] = {"GIF87a", "GIF89a"}, kEndings[] = {".gif"};
  static constexpr ImageFormat format{"GIF", kFirstBytes, kEndings, shape, decode, nullptr};
  return format;
}

}  // namespace residual
