// TIFF by libtiff, which decodes the stored samples of strips and tiles; what they mean is handled here as in Pillow, which also
// turns TIFF images upright when it reads them. The first image of the file.
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "core/error.h"
#include "image/formats/cmyk.h"
#include "image/formats/colour_table.h"
#include "image/formats/formats.h"
#include "image/formats/orientation.h"

namespace residual {
namespace {

using Bytes = std::span<const std::byte>;

// A file in memory, for libtiff.
struct Source {
  Bytes bytes;
  uint64_t at = 0;
  char error[128] = "";
};

Source& source_of(thandle_t handle) {
  return *static_cast<Source*>(handle);
}
tmsize_t read_source(thandle_t handle, void* to, tmsize_t size) {
  Source& source = source_of(handle);
  const uint64_t given =
      std::min<uint64_t>(static_cast<uint64_t>(size), source.bytes.size() - std::min<uint64_t>(source.at, source.bytes.size()));
  if (given > 0) std::memcpy(to, source.bytes.data() + source.at, given);
  source.at += given;
  return static_cast<tmsize_t>(given);
}
tmsize_t write_nothing(thandle_t, void*, tmsize_t) {
  return 0;
}
toff_t seek_source(thandle_t handle, toff_t offset, int from) {
  Source& source = source_of(handle);
  source.at = (from == SEEK_CUR ? source.at : from == SEEK_END ? source.bytes.size() : 0) + offset;
  return source.at;
}
int close_source(thandle_t) {
  return 0;
}
toff_t size_of_source(thandle_t handle) {
  return source_of(handle).bytes.size();
}
int map_source(thandle_t handle, void** base, toff_t* size) {
  *base = const_cast<std::byte*>(source_of(handle).bytes.data());
  *size = source_of(handle).bytes.size();
  return 1;
}
void unmap_source(thandle_t, void*, toff_t) {}

// Keeps the first message.
int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  auto& source = *static_cast<Source*>(user);
  if (source.error[0] == '\0') std::vsnprintf(source.error, sizeof source.error, format, arguments);
  return 1;
}
int on_warning(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

struct Close {
  void operator()(TIFF* tiff) const noexcept { TIFFClose(tiff); }
};
using File = std::unique_ptr<TIFF, Close>;

// Null when the header or the first directory is damaged. most: memory that libtiff may take at once.
File open(Source& source, int64_t most) noexcept {
  TIFFOpenOptions* const options = TIFFOpenOptionsAlloc();
  if (options == nullptr) return nullptr;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, most);
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, nullptr);
  File file(TIFFClientOpenExt("image", "r", &source, read_source, write_nothing, seek_source, close_source, size_of_source,
                              map_source, unmap_source, options));
  TIFFOpenOptionsFree(options);
  return file;
}

// For one strip or tile, and for libtiff's own lists.
int64_t most_memory(int64_t max_pixels) {
  return (int64_t{16} << 20) + 4 * max_pixels;
}

template <typename T>
T field(TIFF* file, uint32_t tag, T standard) noexcept {
  T value{};
  return TIFFGetFieldDefaulted(file, tag, &value) == 1 ? value : standard;
}

// What the samples are and mean.
struct Layout {
  int64_t height = 0, width = 0;
  uint16_t bits = 1, samples = 1, photometric = 0, planes = PLANARCONFIG_CONTIG, compression = COMPRESSION_NONE;
  uint16_t format = SAMPLEFORMAT_UINT, orientation = ORIENTATION_TOPLEFT;
  bool premultiplied = false;  // colours by the alpha behind them

  bool grey() const { return photometric == PHOTOMETRIC_MINISWHITE || photometric == PHOTOMETRIC_MINISBLACK; }
  bool inks() const { return photometric == PHOTOMETRIC_SEPARATED; }
  bool sub_sampled() const { return photometric == PHOTOMETRIC_YCBCR; }
  bool jpeg_colours() const { return compression == COMPRESSION_JPEG && planes == PLANARCONFIG_CONTIG; }
};

Layout layout_of(TIFF* file) noexcept {
  Layout layout;
  layout.height = field<uint32_t>(file, TIFFTAG_IMAGELENGTH, 0);
  layout.width = field<uint32_t>(file, TIFFTAG_IMAGEWIDTH, 0);
  layout.bits = field<uint16_t>(file, TIFFTAG_BITSPERSAMPLE, 1);
  layout.samples = field<uint16_t>(file, TIFFTAG_SAMPLESPERPIXEL, 1);
  layout.photometric = field<uint16_t>(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
  layout.planes = field<uint16_t>(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  layout.compression = field<uint16_t>(file, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  layout.format = field<uint16_t>(file, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  layout.orientation = field<uint16_t>(file, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  if (layout.compression == COMPRESSION_OJPEG) layout.photometric = PHOTOMETRIC_YCBCR;
  uint16_t extra = 0;
  const uint16_t* kinds = nullptr;
  if (TIFFGetField(file, TIFFTAG_EXTRASAMPLES, &extra, &kinds) == 1 && extra > 0)
    layout.premultiplied = kinds[0] == EXTRASAMPLE_ASSOCALPHA;
  return layout;
}

ColourTable colours_of(TIFF* file, const Layout& layout) {
  ColourTable table;
  uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
  if (layout.bits > 8 || TIFFGetField(file, TIFFTAG_COLORMAP, &red, &green, &blue) != 1) return table;
  for (size_t i = 0; i < size_t{1} << layout.bits; ++i)
    table.set(i, static_cast<uint8_t>(red[i] / 256), static_cast<uint8_t>(green[i] / 256), static_cast<uint8_t>(blue[i] / 256));
  return table;
}

bool turned(const Layout& layout) {
  return layout.orientation >= 5 && layout.orientation <= 8;
}

std::optional<ImageShape> shape(Bytes bytes) noexcept {
  Source source{bytes};
  const File file = open(source, most_memory(0));
  if (!file) return std::nullopt;
  const Layout layout = layout_of(file.get());
  const bool grey = layout.grey() || (layout.photometric == PHOTOMETRIC_PALETTE && colours_of(file.get(), layout).is_grey());
  return ImageShape{grey ? 1 : 3, turned(layout) ? layout.width : layout.height, turned(layout) ? layout.height : layout.width};
}

// Decodes strips and tiles to one byte a sample, H,W,samples.
class Samples {
 public:
  Samples(const DecoderInput& input, Source& source, TIFF* file, const Layout& layout)
      : input_(input),
        source_(source),
        file_(file),
        layout_(layout),
        values_(static_cast<size_t>(layout.height * layout.width * layout.samples)) {}

  std::vector<uint8_t> read() {
    const bool tiled = TIFFIsTiled(file_) != 0;
    const int64_t block_height = tiled ? field<uint32_t>(file_, TIFFTAG_TILELENGTH, 0)
                                       : std::min<int64_t>(field<uint32_t>(file_, TIFFTAG_ROWSPERSTRIP, 0), layout_.height);
    const int64_t block_width = tiled ? field<uint32_t>(file_, TIFFTAG_TILEWIDTH, 0) : layout_.width;
    const tmsize_t size = tiled ? TIFFTileSize(file_) : TIFFStripSize(file_);
    row_bytes_ = static_cast<size_t>(tiled ? TIFFTileRowSize(file_) : TIFFScanlineSize(file_));
    if (block_height < 1 || block_width < 1 || size < 1 || row_bytes_ < 1) refuse();
    if (size > most_memory(input_.max_pixels)) input_.refuse("its strips or tiles are larger than an image can be");
    block_.resize(static_cast<size_t>(size));
    separate_ = layout_.planes == PLANARCONFIG_SEPARATE;
    for (uint16_t plane = 0; plane < (separate_ ? layout_.samples : 1); ++plane) {
      for (int64_t y = 0; y < layout_.height; y += block_height) {
        for (int64_t x = 0; x < layout_.width; x += block_width) {
          const auto row = static_cast<uint32_t>(y), column = static_cast<uint32_t>(x);
          const tmsize_t got =
              tiled ? TIFFReadEncodedTile(file_, TIFFComputeTile(file_, column, row, 0, plane), block_.data(), size)
                    : TIFFReadEncodedStrip(file_, TIFFComputeStrip(file_, row, plane), block_.data(), size);
          const int64_t height = std::min(block_height, layout_.height - y), width = std::min(block_width, layout_.width - x);
          if (got < 0 || static_cast<size_t>(got) < row_bytes_ * static_cast<size_t>(height)) refuse();
          for (int64_t i = 0; i < height; ++i) place(block_.data() + static_cast<size_t>(i) * row_bytes_, y + i, x, width, plane);
        }
      }
    }
    return std::move(values_);
  }

  bool clipped() const { return clipped_; }

 private:
  [[noreturn]] void refuse() const { input_.refuse(source_.error[0] != '\0' ? source_.error : "it is cut off"); }

  // One row of a block, from column x on.
  void place(const uint8_t* row, int64_t y, int64_t x, int64_t width, size_t plane) {
    const size_t samples = layout_.samples, in_row = separate_ ? 1 : samples;
    uint8_t* const to = values_.data() + static_cast<size_t>(y * layout_.width + x) * samples + plane;
    const size_t count = static_cast<size_t>(width) * in_row;
    if (count * layout_.bits > row_bytes_ * 8) refuse();
    for (size_t i = 0; i < count; ++i) to[separate_ ? i * samples : i] = sample(row, i);
  }

  uint8_t sample(const uint8_t* row, size_t i) {
    switch (layout_.bits) {
      case 8: return row[i];
      case 16:
        return layout_.grey() ? clip(layout_.format == SAMPLEFORMAT_INT ? value<int16_t>(row, i) : value<uint16_t>(row, i))
                              : static_cast<uint8_t>(value<uint16_t>(row, i) >> 8);
      case 32:
        if (layout_.format == SAMPLEFORMAT_IEEEFP) return clip(value<float>(row, i));
        return clip(
            static_cast<double>(layout_.format == SAMPLEFORMAT_INT ? int64_t{value<int32_t>(row, i)} : value<uint32_t>(row, i)));
      default: {
        const size_t bit = i * layout_.bits, shift = 8 - layout_.bits - bit % 8, most = (size_t{1} << layout_.bits) - 1;
        const size_t number = static_cast<size_t>(row[bit / 8]) >> shift & most;
        return static_cast<uint8_t>(layout_.grey() ? number * 255 / most : number);
      }
    }
  }

  template <typename T>
  static T value(const uint8_t* row, size_t i) {
    T value;
    std::memcpy(&value, row + i * sizeof(T), sizeof(T));
    return value;
  }

  // NaN becomes 0.
  uint8_t clip(double number) {
    clipped_ |= number > 255;
    return number >= 255 ? 255 : number > 0 ? static_cast<uint8_t>(number) : 0;
  }

  const DecoderInput& input_;
  Source& source_;
  TIFF* file_;
  const Layout& layout_;
  std::vector<uint8_t> values_, block_;
  size_t row_bytes_ = 0;
  bool separate_ = false, clipped_ = false;
};

void check(const DecoderInput& input, const Layout& layout) {
  const uint16_t bits = layout.bits;
  const bool small = bits == 1 || bits == 2 || bits == 4, number = layout.format == SAMPLEFORMAT_UINT;
  const bool one = layout.samples == 1, several = layout.samples <= 6;
  bool known = false;
  if (layout.grey()) {
    known = (one && small && number) || (several && bits == 8) || (one && (bits == 16 || bits == 32));
  } else if (layout.photometric == PHOTOMETRIC_PALETTE) {
    known = (one && small && number) || (several && bits == 8);
  } else if (layout.photometric == PHOTOMETRIC_RGB) {
    known = layout.samples >= 3 && several && number && (bits == 8 || bits == 16);
  } else if (layout.inks()) {
    known = layout.samples >= 4 && several && number && (bits == 8 || bits == 16);
  } else if (layout.sub_sampled()) {
    known = bits == 8 && (one || layout.samples == 3);
  }
  if (!known) {
    fail(ErrorKind::kBadFile,
         "'{}' is a TIFF image of a kind that is not read ({} samples of {} bits, sample format {}, photometric interpretation "
         "{}); "
         "convert it to PNG",
         input.name, layout.samples, bits, layout.format, layout.photometric);
  }
}

// The first `kept` samples of each pixel; premultiplied: divided by the alpha behind them.
std::vector<uint8_t> kept_samples(const std::vector<uint8_t>& values, size_t samples, size_t kept, bool premultiplied) {
  std::vector<uint8_t> result(values.size() / samples * kept);
  for (size_t i = 0; i < result.size() / kept; ++i) {
    const unsigned alpha = premultiplied ? values[i * samples + kept] : 255U;
    for (size_t c = 0; c < kept; ++c) {
      const unsigned value = values[i * samples + c];
      result[i * kept + c] = static_cast<uint8_t>(alpha == 0 ? 0 : alpha == 255 ? value : std::min(value * 255 / alpha, 255U));
    }
  }
  return result;
}

// Colours that libtiff itself computes, from brightness and colour differences at different resolutions.
void decode_sub_sampled(const DecoderInput& input, Source& source, TIFF* file, Image& image) {
  std::vector<uint32_t> colours(static_cast<size_t>(image.height * image.width));
  if (TIFFReadRGBAImageOriented(file, static_cast<uint32_t>(image.width), static_cast<uint32_t>(image.height), colours.data(),
                                ORIENTATION_TOPLEFT, 1) != 1) {
    input.refuse(source.error[0] != '\0' ? source.error : "it is cut off");
  }
  image.channels = 3;
  image.pixels.resize(colours.size() * 3);
  for (size_t i = 0; i < colours.size(); ++i) {
    image.pixels[3 * i] = static_cast<uint8_t>(TIFFGetR(colours[i]));
    image.pixels[3 * i + 1] = static_cast<uint8_t>(TIFFGetG(colours[i]));
    image.pixels[3 * i + 2] = static_cast<uint8_t>(TIFFGetB(colours[i]));
  }
}

void decode(const DecoderInput& input, Image& image) {
  Source source{input.bytes};
  const File file = open(source, most_memory(input.max_pixels));
  if (!file) input.refuse(source.error[0] != '\0' ? source.error : "its header cannot be read");
  const Layout layout = layout_of(file.get());
  input.check_size(layout.height, layout.width);
  check(input, layout);
  image.height = layout.height;
  image.width = layout.width;
  if (layout.sub_sampled() && layout.samples == 3 && !layout.jpeg_colours())
    return decode_sub_sampled(input, source, file.get(), image);
  if (layout.sub_sampled() && layout.samples == 3) TIFFSetField(file.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);

  Samples samples(input, source, file.get(), layout);
  const std::vector<uint8_t> values = samples.read();
  const bool palette = layout.photometric == PHOTOMETRIC_PALETTE;
  const size_t kept = layout.inks() ? 4 : layout.grey() || palette || layout.samples == 1 ? 1 : 3;
  image.pixels = kept_samples(values, layout.samples, kept, layout.premultiplied && layout.samples > kept);
  image.channels = kept == 1 ? 1 : 3;
  if (layout.inks()) inks_to_colours(image.pixels, InkOrder::kPlain);
  if (palette) look_up_colours(colours_of(file.get(), layout), image);
  if (layout.photometric == PHOTOMETRIC_MINISWHITE && layout.bits <= 8)
    for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(255 - value);
  if (samples.clipped())
    input.warn(
        "has more than 8 bits a pixel, of which values above 255 become white, as in Pillow; save it with 8 bits to keep its "
        "greys");
  make_upright(image, layout.orientation);
}

}  // namespace

const ImageFormat& tiff_format() {
  using namespace std::string_view_literals;
  static constexpr std::string_view kFirstBytes[] = {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}, kEndings[] = {".tif", ".tiff"};
  static constexpr ImageFormat format{"TIFF", kFirstBytes, kEndings, shape, decode, nullptr};
  return format;
}

}  // namespace residual
