#include "data/files/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace residual::data {
namespace {

class Inflater {
 public:
  Inflater() {
    // 15 bits of window, and 16 for a gzip header.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) fail(ErrorKind::kResource, "no memory to unpack gzip");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, std::string_view name, size_t limit) {
  constexpr size_t kStep = size_t{1} << 30;  // zlib counts in 32 bits
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::vector<std::byte> out(std::min(limit, std::max<size_t>(bytes.size() * 2, 1024)));
  size_t in_at = 0, out_at = 0;
  for (;;) {
    if (out_at == out.size()) {
      if (out_at == limit)
        fail(ErrorKind::kBadFile, "'{}' unpacks to more than the {} bytes that are expected here", name, limit);
      out.resize(std::min(limit, out.size() * 2));
    }
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + in_at));
    stream.avail_in = static_cast<uInt>(std::min(kStep, bytes.size() - in_at));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + out_at);
    stream.avail_out = static_cast<uInt>(std::min(kStep, out.size() - out_at));
    const uInt in_before = stream.avail_in, out_before = stream.avail_out;
    const int status = inflate(&stream, Z_NO_FLUSH);
    in_at += in_before - stream.avail_in;
    out_at += out_before - stream.avail_out;
    if (status == Z_STREAM_END) {
      if (in_at == bytes.size()) break;
      inflateReset(&stream);  // another member follows
    } else if (status == Z_MEM_ERROR) {
      fail(ErrorKind::kResource, "no memory to unpack '{}'", name);
    } else if (status == Z_BUF_ERROR && in_at == bytes.size()) {
      fail(ErrorKind::kBadFile, "'{}' is cut off: its gzip data do not end", name);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail(ErrorKind::kBadFile, "'{}' is a damaged gzip file: {}", name, stream.msg != nullptr ? stream.msg : "it is damaged");
    }
  }
  out.resize(out_at);
  return out;
}

}  // namespace residual::data
