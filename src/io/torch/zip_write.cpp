#include <zlib.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>
#include <limits>

#include "io/torch/zip_archive.h"

namespace residual::io {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr uint64_t kAlignment = 64, kMost32 = std::numeric_limits<uint32_t>::max();
constexpr uint16_t kVersion = 45;                            // that of ZIP64
constexpr uint16_t kUtf8 = 1 << 11;                          // the names' encoding
constexpr uint16_t kPadding = 0x4246;                        // "FB", the extra field with which PyTorch aligns too
constexpr uint16_t kDate = (1980 - 1980) << 9 | 1 << 5 | 1;  // the earliest there is: no file tells when it was written

// Little-endian numbers one behind the other.
class Record {
 public:
  template <std::unsigned_integral T>
  Record& add(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
    return *this;
  }
  Record& add(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Record& zeros(size_t count) {
    bytes_.resize(bytes_.size() + count);
    return *this;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

struct Written {
  uint64_t offset = 0, size = 0;
  uint32_t checksum = 0;
};

uint32_t checksum_of(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

uint32_t narrow(uint64_t value) {
  return static_cast<uint32_t>(std::min(value, kMost32));
}

// The fields that local and central headers share: what is needed to read it, flags, method, time, checksum, sizes.
void add_description(Record& record, const Written& entry) {
  record.add(kVersion).add(kUtf8).add(uint16_t{0}).add(uint16_t{0}).add(kDate).add(entry.checksum);
  record.add(narrow(entry.size)).add(narrow(entry.size));
}

// Header, name, and extra fields that end where a multiple of 64 is.
Record local_header(const ZipEntry& entry, const Written& written) {
  Record record;
  record.add(uint32_t{0x04034b50});
  add_description(record, written);
  Record extra;
  if (written.size >= kMost32) extra.add(uint16_t{1}).add(uint16_t{16}).add(written.size).add(written.size);
  const uint64_t end = written.offset + 30 + entry.name.size() + extra.bytes().size() + 4;  // 4: the padding's own header
  const uint64_t padding = (kAlignment - end % kAlignment) % kAlignment;
  extra.add(kPadding).add(static_cast<uint16_t>(padding)).zeros(padding);
  record.add(static_cast<uint16_t>(entry.name.size())).add(static_cast<uint16_t>(extra.bytes().size())).add(entry.name);
  record.add(std::string_view(reinterpret_cast<const char*>(extra.bytes().data()), extra.bytes().size()));
  return record;
}

void add_central_header(Record& record, const ZipEntry& entry, const Written& written) {
  Record extra;
  if (written.size >= kMost32) extra.add(written.size).add(written.size);
  if (written.offset >= kMost32) extra.add(written.offset);
  const size_t length = extra.bytes().empty() ? 0 : extra.bytes().size() + 4;
  record.add(uint32_t{0x02014b50}).add(kVersion);
  add_description(record, written);
  record.add(static_cast<uint16_t>(entry.name.size())).add(static_cast<uint16_t>(length));
  record.zeros(10);  // comment, disk, attributes
  record.add(narrow(written.offset)).add(entry.name);
  if (length == 0) return;
  record.add(uint16_t{1}).add(static_cast<uint16_t>(length - 4));
  record.add(std::string_view(reinterpret_cast<const char*>(extra.bytes().data()), extra.bytes().size()));
}

// ZIP64's end of the directory, its locator, and the end that every reader looks for. `begin`: where the directory begins.
void add_end(Record& record, uint64_t entries, uint64_t begin) {
  const uint64_t size = record.bytes().size(), end = begin + size;
  const bool wide = entries >= 0xFFFF || size >= kMost32 || begin >= kMost32;
  if (wide) {
    record.add(uint32_t{0x06064b50}).add(uint64_t{44}).add(kVersion).add(kVersion).zeros(8);
    record.add(entries).add(entries).add(size).add(begin);
    record.add(uint32_t{0x07064b50}).add(uint32_t{0}).add(end).add(uint32_t{1});
  }
  const auto count = static_cast<uint16_t>(std::min<uint64_t>(entries, 0xFFFF));
  record.add(uint32_t{0x06054b50}).zeros(4).add(count).add(count).add(narrow(size)).add(narrow(begin)).zeros(2);
}

}  // namespace

void serialize_zip(std::span<const ZipEntry> entries, const ByteSink& sink) {
  uint64_t offset = 0;
  Record directory;
  for (const ZipEntry& entry : entries) {
    const Written written{offset, entry.bytes.size(), checksum_of(entry.bytes)};
    const Record header = local_header(entry, written);
    sink(header.bytes());
    sink(entry.bytes);
    add_central_header(directory, entry, written);
    offset += header.bytes().size() + entry.bytes.size();
  }
  add_end(directory, entries.size(), offset);
  sink(directory.bytes());
}

}  // namespace residual::io
