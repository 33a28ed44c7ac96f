// WebP by libwebp: still images, and the first frame of animations on a black canvas, as Pillow's convert("RGB") shows it.
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>

#include "image/formats/byte_order.h"
#include "image/formats/formats.h"

namespace residual {
namespace {

struct FreeDemuxer {
  void operator()(WebPDemuxer* demuxer) const noexcept { WebPDemuxDelete(demuxer); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, FreeDemuxer>;

// Null for a file that is damaged or cut off.
Demuxer demuxer_of(std::span<const std::byte> file) noexcept {
  const WebPData data{reinterpret_cast<const uint8_t*>(file.data()), file.size()};
  return Demuxer(WebPDemux(&data));
}

std::optional<ImageShape> shape(std::span<const std::byte> bytes) noexcept {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &features) != VP8_STATUS_OK)
    return std::nullopt;
  return ImageShape{3, features.height, features.width};
}

void decode(const DecoderInput& input, Image& image) {
  const std::optional<ImageShape> size = shape(input.bytes);
  if (!size) input.refuse("its header cannot be read");
  input.check_size(size->height, size->width);
  const Demuxer demuxer = demuxer_of(input.bytes);
  if (!demuxer) input.refuse("it is cut off, or its chunks do not fit together");
  image.channels = 3;
  image.height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  image.width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  input.check_size(image.height, image.width);
  image.pixels.assign(static_cast<size_t>(3 * image.height * image.width), 0);

  WebPIterator frame;
  bool decoded = false;
  if (WebPDemuxGetFrame(demuxer.get(), 1, &frame) != 0) {
    // libwebp has checked that the frame lies within the canvas.
    const int64_t first = 3 * (frame.y_offset * image.width + frame.x_offset);
    decoded = WebPDecodeRGBInto(frame.fragment.bytes, frame.fragment.size, image.pixels.data() + first,
                                image.pixels.size() - static_cast<size_t>(first), static_cast<int>(3 * image.width)) != nullptr;
    WebPDemuxReleaseIterator(&frame);
  }
  if (!decoded) input.refuse("its pixels cannot be decoded");
}

std::span<const std::byte> exif(std::span<const std::byte> file) noexcept {
  constexpr std::string_view kExif("Exif\0\0", 6);  // which some programs write in front
  const Demuxer demuxer = demuxer_of(file);
  WebPChunkIterator chunk;
  if (!demuxer || WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) == 0) return {};
  const std::span<const std::byte> found(reinterpret_cast<const std::byte*>(chunk.chunk.bytes), chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return begins_with(found, kExif) ? found.subspan(kExif.size()) : found;
}

}  // namespace

const ImageFormat& webp_format() {
  static constexpr std::string_view kFirstBytes[] = {"RIFF????WEBP"}, kEndings[] = {".webp"};
  static constexpr ImageFormat format{"WebP", kFirstBytes, kEndings, shape, decode, exif};
  return format;
}

}  // namespace residual
