// BMP: plain, masked and run-length coded, as Pillow reads it. A decoder of our own, since Debian has no library that decodes BMP
// alone and is made for files from anywhere.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "core/error.h"
#include "image/formats/byte_order.h"
#include "image/formats/colour_table.h"
#include "image/formats/formats.h"

namespace residual {
namespace {

using Bytes = std::span<const std::byte>;

constexpr size_t kFileHeader = 14;

enum Compression : size_t { kRaw = 0, kRle8 = 1, kRle4 = 2, kMasks = 3 };

struct Header {
  int64_t width = 0, height = 0;
  bool from_top = false;  // whether the first row is the upper one
  size_t bits = 0;        // of a pixel
  size_t compression = kRaw;
  std::array<size_t, 3> masks{};  // red, green, blue
  ColourTable colours;            // of up to 8 bits a pixel
  size_t pixels_at = 0;

  size_t row_bytes() const { return (static_cast<size_t>(width) * bits + 7) / 8; }
  size_t stride() const { return (static_cast<size_t>(width) * bits + 31) / 32 * 4; }
  bool run_length() const { return compression == kRle8 || compression == kRle4; }
};

// Entries of blue, green, red and, but for the oldest header, a byte that is not used.
void read_colours(Bytes file, size_t at, size_t count, size_t entry, ColourTable& colours) {
  for (size_t i = 0; i < std::min<size_t>(count, 256) && at + 3 <= file.size(); ++i, at += entry) {
    const auto byte = [&](size_t place) { return std::to_integer<uint8_t>(file[at + place]); };
    colours.set(i, byte(2), byte(1), byte(0));
  }
}

// None where the bytes end before the pixels' description, or are no BMP file.
std::optional<Header> read_header(Bytes file) {
  const auto number = [&](size_t at, size_t count) { return number_at(file, at, count, ByteOrder::kLittle).value_or(0); };
  Header header;
  const size_t size = number(kFileHeader, 4), end = kFileHeader + size;
  if (file.size() < end) return std::nullopt;
  const bool oldest = size == 12;
  const size_t entry = oldest ? 3 : 4;
  size_t colours = 0, colours_at = end;
  if (oldest) {
    header.width = static_cast<int64_t>(number(18, 2));
    header.height = static_cast<int64_t>(number(20, 2));
    header.bits = number(24, 2);
  } else {
    header.width = static_cast<int64_t>(number(18, 4));
    header.height = static_cast<int64_t>(number(22, 4));
    header.from_top = number(25, 1) == 0xFF;
    if (header.from_top) header.height = (int64_t{1} << 32) - header.height;
    header.bits = number(28, 2);
    header.compression = number(30, 4);
    colours = number(46, 4);
    if (header.compression == kMasks) {
      if (size < 52) colours_at += 12;  // the masks come behind the oldest header that has them
      for (size_t i = 0; i < 3; ++i) header.masks[i] = number(54 + 4 * i, 4);
    }
  }
  if (header.bits <= 8) {
    if (colours == 0) colours = size_t{1} << header.bits;
    read_colours(file, colours_at, colours, entry, header.colours);
  }
  header.pixels_at = number(10, 4);
  // Some programs count the palette as pixels.
  if (header.bits <= 8 && header.pixels_at == end) header.pixels_at += entry * std::min<size_t>(colours, 65536);
  if (header.pixels_at == 0) header.pixels_at = colours_at + (header.bits <= 8 ? entry * std::min<size_t>(colours, 65536) : 0);
  return header;
}

std::optional<ImageShape> shape(Bytes bytes) noexcept {
  const std::optional<Header> header = read_header(bytes);
  if (!header) return std::nullopt;
  return ImageShape{header->bits <= 8 && header->colours.is_grey() ? 1 : 3, header->height, header->width};
}

void check(const DecoderInput& input, const Header& header) {
  const size_t bits = header.bits;
  const bool depth = bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
  const bool known = header.compression == kRaw || (header.compression == kRle8 && bits == 8) ||
                     (header.compression == kRle4 && bits == 4) || (header.compression == kMasks && bits >= 16);
  if (!depth || !known) {
    fail(ErrorKind::kBadFile, "'{}' is a BMP image of {} bits a pixel with compression {}, which is not read; convert it to PNG",
         input.name, bits, header.compression);
  }
  input.check_size(header.height, header.width);
  if (!header.run_length())
    input.check_size(header.height, header.width, (header.height - 1) * static_cast<int64_t>(header.stride()));
}

// The pixels of up to 8 bits as one index each.
void unpack_indices(const std::byte* row, const Header& header, uint8_t* to) {
  const size_t each = 8 / header.bits, most = (size_t{1} << header.bits) - 1;
  for (size_t x = 0; x < static_cast<size_t>(header.width); ++x) {
    const size_t shift = 8 - header.bits * (x % each + 1);
    to[x] = static_cast<uint8_t>(std::to_integer<size_t>(row[x / each]) >> shift & most);
  }
}

// Where a colour is in a pixel's number.
struct Field {
  size_t shift = 0, most = 0;
  uint8_t of(size_t pixel) const { return static_cast<uint8_t>((pixel >> shift & most) * 255 / most); }
};

std::array<Field, 3> fields_of(const DecoderInput& input, const Header& header) {
  if (header.bits == 16 && header.compression == kRaw) return {Field{10, 31}, Field{5, 31}, Field{0, 31}};
  constexpr std::array<size_t, 3> kNone{};
  if (header.bits != 16 && (header.compression == kRaw || header.masks == kNone))
    return {Field{16, 255}, Field{8, 255}, Field{0, 255}};
  std::array<Field, 3> fields;
  for (size_t i = 0; i < 3; ++i) {
    const size_t mask = header.masks[i];
    if (mask == 0) input.refuse("a colour has no bits");
    fields[i].shift = static_cast<size_t>(std::countr_zero(mask));
    fields[i].most = mask >> fields[i].shift;
    if (!std::has_single_bit(fields[i].most + 1) || fields[i].most > 255) input.refuse("the bits of a colour are not adjacent");
  }
  return fields;
}

void unpack_colours(const std::byte* row, const Header& header, const std::array<Field, 3>& fields, uint8_t* to) {
  const size_t bytes = header.bits / 8;
  for (size_t x = 0; x < static_cast<size_t>(header.width); ++x, row += bytes) {
    size_t pixel = 0;
    for (size_t i = bytes; i-- > 0;) pixel = pixel << 8 | std::to_integer<size_t>(row[i]);
    for (const Field& field : fields) *to++ = field.of(pixel);
  }
}

// Runs of one index (of two in turn with 4 bits), and of indices as they are, to one index a pixel in the file's order of rows.
class RunLength {
 public:
  RunLength(const DecoderInput& input, const Header& header, std::vector<uint8_t>& out)
      : input_(input),
        out_(out),
        four_(header.compression == kRle4),
        width_(static_cast<size_t>(header.width)),
        size_(width_ * static_cast<size_t>(header.height)),
        at_(header.pixels_at) {}

  void decode() {
    out_.clear();
    while (out_.size() < size_) {
      const size_t count = next(), value = next();
      if (count > 0) {
        run(count, value);
      } else if (value == 0) {
        out_.resize((out_.size() + width_ - 1) / width_ * width_);
        x_ = 0;
      } else if (value == 1) {
        input_.refuse("its pixels end early");
      } else if (value == 2) {
        const size_t right = next(), up = next();
        out_.resize(out_.size() + std::min(size_ - out_.size(), right + up * width_));
        x_ = out_.size() % width_;
      } else {
        literal(value);
      }
    }
  }

 private:
  size_t next() {
    if (at_ >= input_.bytes.size()) input_.refuse("it is cut off");
    return std::to_integer<size_t>(input_.bytes[at_++]);
  }
  void put(size_t index) {
    if (out_.size() < size_) out_.push_back(static_cast<uint8_t>(index));
  }
  void run(size_t count, size_t value) {
    if (x_ + count > width_) count = width_ > x_ ? width_ - x_ : 0;
    for (size_t i = 0; i < count; ++i) put(!four_ ? value : i % 2 == 0 ? value >> 4 : value & 15);
    x_ += count;
  }
  void literal(size_t count) {
    x_ += count;
    count = std::min(count, size_ - out_.size());
    for (size_t i = 0; i < count; ++i) {
      if (!four_) {
        put(next());
        continue;
      }
      const size_t pair = next();
      put(pair >> 4);
      if (++i < count) put(pair & 15);
    }
    if (at_ % 2 != 0 && out_.size() < size_) ++at_;  // runs begin at even places of the file
  }

  const DecoderInput& input_;
  std::vector<uint8_t>& out_;
  bool four_;
  size_t width_, size_, at_, x_ = 0;
};

// Rows stored from the bottom change places.
void turn_over(Image& image) {
  const int64_t stride = image.width * image.channels;
  for (int64_t y = 0; y < image.height / 2; ++y) {
    const auto row = image.pixels.begin() + y * stride;
    std::swap_ranges(row, row + stride, image.pixels.begin() + (image.height - 1 - y) * stride);
  }
}

void decode(const DecoderInput& input, Image& image) {
  const std::optional<Header> header = read_header(input.bytes);
  if (!header) input.refuse("it is cut off");
  check(input, *header);
  image.height = header->height;
  image.width = header->width;
  image.channels = header->bits <= 8 ? 1 : 3;
  if (header->run_length()) {
    RunLength(input, *header, image.pixels).decode();
  } else {
    const size_t rows = static_cast<size_t>(image.height), stride = header->stride();
    if (header->pixels_at > input.bytes.size() ||
        (rows - 1) * stride + header->row_bytes() > input.bytes.size() - header->pixels_at)
      input.refuse("it is cut off");
    image.pixels.resize(rows * static_cast<size_t>(image.width * image.channels));
    const std::array<Field, 3> fields = header->bits <= 8 ? std::array<Field, 3>{} : fields_of(input, *header);
    for (size_t y = 0; y < rows; ++y) {
      const std::byte* const row = input.bytes.data() + header->pixels_at + y * stride;
      uint8_t* const to = image.pixels.data() + y * static_cast<size_t>(image.width * image.channels);
      if (header->bits <= 8) {
        unpack_indices(row, *header, to);
      } else {
        unpack_colours(row, *header, fields, to);
      }
    }
  }
  if (!header->from_top) turn_over(image);
  if (header->bits <= 8) look_up_colours(header->colours, image);
}

}  // namespace

const ImageFormat& bmp_format() {
  using namespace std::string_view_literals;
  // With each size that the header behind the first 14 bytes can have: two letters alone begin many a text.
  static constexpr std::string_view kFirstBytes[] = {
      "BM????????????\x0C\0\0\0"sv, "BM????????????\x28\0\0\0"sv, "BM????????????\x34\0\0\0"sv, "BM????????????\x38\0\0\0"sv,
      "BM????????????\x40\0\0\0"sv, "BM????????????\x6C\0\0\0"sv, "BM????????????\x7C\0\0\0"sv};
  static constexpr std::string_view kEndings[] = {".bmp", ".dib"};
  static constexpr ImageFormat format{"BMP", kFirstBytes, kEndings, shape, decode, nullptr};
  return format;
}

}  // namespace residual
