// The bytes of a pickle one after the other.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/error.h"
#include "io/source.h"
#include "io/torch/pickle.h"

namespace residual::io {

/// Reads a source through a window. Throws Error (kBadFile) at the source's end, and after kMaxPickleBytes.
class ByteReader {
 public:
  ByteReader(const Source& source, uint64_t offset) : source_(source), next_(std::min(offset, source.size)), begin_(next_) {}

  uint64_t position() const { return next_ - (filled_ - at_); }
  uint8_t byte() {
    if (at_ == filled_) fill();
    return static_cast<uint8_t>(window_[at_++]);
  }
  template <typename T>
  T little_endian() {
    std::array<std::byte, sizeof(T)> bytes;
    for (std::byte& each : bytes) each = static_cast<std::byte>(byte());
    return std::bit_cast<T>(bytes);
  }

 private:
  void fill() {
    if (next_ - begin_ >= kMaxPickleBytes) {
      fail(ErrorKind::kBadFile, "'{}': its pickle has more than {} bytes, no file of weights describes itself at such length",
           source_.name, kMaxPickleBytes);
    }
    filled_ = static_cast<size_t>(std::min<uint64_t>(window_.size(), source_.size - next_));
    at_ = 0;
    if (filled_ == 0) fail(ErrorKind::kBadFile, "'{}': its pickle ends too early; is the file cut short?", source_.name);
    source_.read(next_, std::span(window_).first(filled_));
    next_ += filled_;
  }

  const Source& source_;
  std::array<std::byte, 4096> window_{};
  size_t at_ = 0, filled_ = 0;
  uint64_t next_, begin_;
};

}  // namespace residual::io
