// The wire format of protocol buffers (protobuf.dev/programming-guides/encoding), read in place and written in one pass.
// Generated messages would copy every weight once more and let a small hostile file take a hundred times its size in empty
// messages.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/source.h"

namespace residual::io {

/// Part of a file, in bytes from its beginning.
struct ByteRange {
  uint64_t begin = 0, end = 0;
  uint64_t size() const noexcept { return end - begin; }
};

/// A source seen through one window that moves over it: reading forwards is cheap wherever the bytes lie.
class WireFile {
 public:
  explicit WireFile(Source source) : source_(std::move(source)) {}

  const Source& source() const noexcept { return source_; }
  std::byte at(uint64_t offset);
  std::string text(const ByteRange& range);

 private:
  Source source_;
  std::vector<std::byte> window_;
  uint64_t begin_ = 0;  // of the window
};

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// The fields of one message in the order of the file. Every read throws Error (kBadFile) that says where the bytes stop making
/// sense.
class WireReader {
 public:
  WireReader(WireFile& file, const ByteRange& range) : file_(&file), range_(range) {}

  /// Goes to the next field; false at the end of the message.
  bool next();

  uint64_t field() const noexcept { return field_; }
  WireType type() const noexcept { return type_; }

  /// The field's value; throws Error (kBadFile) when the field is of another wire type.
  uint64_t varint() const;
  float fixed32() const;
  ByteRange bytes() const;

  /// What is left of the message as numbers that lie packed: calls `take` for each.
  void packed_varints(const std::function<void(uint64_t)>& take);

  /// A repeated number, packed or one by one: calls `take` for each value that the current field holds.
  void varints(const std::function<void(uint64_t)>& take) const;
  void floats(const std::function<void(float)>& take) const;

 private:
  uint64_t read_varint();
  uint64_t read_fixed(size_t bytes);
  [[noreturn]] void refuse(std::string_view why) const;
  void expect(WireType type) const;

  WireFile* file_;
  ByteRange range_;  // what is not yet read
  uint64_t field_ = 0, value_ = 0;
  WireType type_ = WireType::kVarint;
  ByteRange bytes_;
};

/// One message, field by field.
class WireWriter {
 public:
  void varint(uint64_t field, uint64_t value);
  void fixed32(uint64_t field, float value);
  void bytes(uint64_t field, std::string_view text);
  void message(uint64_t field, const WireWriter& message) { bytes(field, message.text_); }
  /// All fields of another one.
  void append(const WireWriter& fields) { text_ += fields.text_; }
  /// The tag and length of a field whose `size` bytes are written elsewhere.
  void announce(uint64_t field, uint64_t size);

  const std::string& text() const noexcept { return text_; }
  uint64_t size() const noexcept { return text_.size(); }

 private:
  void append_varint(uint64_t value);
  std::string text_;
};

}  // namespace residual::io
