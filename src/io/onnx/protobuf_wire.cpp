#include "io/onnx/protobuf_wire.h"

#include <algorithm>
#include <bit>

#include "core/error.h"

namespace residual::io {
namespace {

constexpr uint64_t kWindow = 64 << 10;

}  // namespace

std::byte WireFile::at(uint64_t offset) {
  if (offset < begin_ || offset - begin_ >= window_.size()) {
    window_.resize(static_cast<size_t>(std::min(kWindow, source_.size - offset)));
    begin_ = offset;
    source_.read(begin_, window_);
  }
  return window_[static_cast<size_t>(offset - begin_)];
}

std::string WireFile::text(const ByteRange& range) {
  std::string text(static_cast<size_t>(range.size()), '\0');
  if (text.size() > 64) {
    source_.read(range.begin, std::as_writable_bytes(std::span(text)));
    return text;
  }
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(at(range.begin + i));
  return text;
}

void WireReader::refuse(std::string_view why) const {
  fail(ErrorKind::kBadFile, "'{}': at byte {}: {}; is the file cut short, or no protocol buffer?", file_->source().name,
       range_.begin, why);
}

uint64_t WireReader::read_varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (range_.begin >= range_.end) refuse("a number has no end");
    const auto byte = static_cast<uint64_t>(file_->at(range_.begin++));
    if (shift == 63 && (byte & 0x7F) > 1) refuse("a number has more than 64 bits");
    value |= (byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  refuse("a number has more than 64 bits");
}

uint64_t WireReader::read_fixed(size_t bytes) {
  if (range_.size() < bytes) refuse("a number has no end");
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= static_cast<uint64_t>(file_->at(range_.begin++)) << (8 * i);
  return value;
}

bool WireReader::next() {
  if (range_.begin >= range_.end) return false;
  const uint64_t tag = read_varint();
  field_ = tag >> 3;
  type_ = static_cast<WireType>(tag & 7);
  if (field_ == 0 || field_ >= uint64_t{1} << 29) refuse("a field has no valid number");
  switch (type_) {
    case WireType::kVarint: value_ = read_varint(); return true;
    case WireType::kFixed64: value_ = read_fixed(8); return true;
    case WireType::kFixed32: value_ = read_fixed(4); return true;
    case WireType::kBytes: {
      const uint64_t size = read_varint();
      if (size > range_.size()) {
        refuse(fmt::format("field {} claims {} bytes, {} are left of what it lies in", field_, size, range_.size()));
      }
      bytes_ = {range_.begin, range_.begin + size};
      range_.begin += size;
      return true;
    }
  }
  refuse(fmt::format("field {} is of a wire type ({}) that is not in use", field_, tag & 7));
}

void WireReader::expect(WireType type) const {
  if (type_ != type) {
    refuse(fmt::format("field {} is of wire type {}, {} is expected", field_, static_cast<int>(type_), static_cast<int>(type)));
  }
}

uint64_t WireReader::varint() const {
  expect(WireType::kVarint);
  return value_;
}

float WireReader::fixed32() const {
  expect(WireType::kFixed32);
  return std::bit_cast<float>(static_cast<uint32_t>(value_));
}

ByteRange WireReader::bytes() const {
  expect(WireType::kBytes);
  return bytes_;
}

void WireReader::packed_varints(const std::function<void(uint64_t)>& take) {
  while (range_.size() != 0) take(read_varint());
}

void WireReader::varints(const std::function<void(uint64_t)>& take) const {
  if (type_ != WireType::kBytes) return take(varint());
  WireReader(*file_, bytes_).packed_varints(take);
}

void WireReader::floats(const std::function<void(float)>& take) const {
  if (type_ != WireType::kBytes) return take(fixed32());
  WireReader packed(*file_, bytes_);
  while (packed.range_.size() != 0) take(std::bit_cast<float>(static_cast<uint32_t>(packed.read_fixed(4))));
}

void WireWriter::append_varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) text_ += static_cast<char>(value | 0x80);
  text_ += static_cast<char>(value);
}

void WireWriter::varint(uint64_t field, uint64_t value) {
  append_varint(field << 3 | static_cast<uint64_t>(WireType::kVarint));
  append_varint(value);
}

void WireWriter::fixed32(uint64_t field, float value) {
  append_varint(field << 3 | static_cast<uint64_t>(WireType::kFixed32));
  const auto bits = std::bit_cast<uint32_t>(value);
  for (unsigned shift = 0; shift < 32; shift += 8) text_ += static_cast<char>(bits >> shift & 0xFF);
}

void WireWriter::announce(uint64_t field, uint64_t size) {
  append_varint(field << 3 | static_cast<uint64_t>(WireType::kBytes));
  append_varint(size);
}

void WireWriter::bytes(uint64_t field, std::string_view text) {
  announce(field, text.size());
  text_ += text;
}

}  // namespace residual::io
