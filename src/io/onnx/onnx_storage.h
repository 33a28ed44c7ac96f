// Where the values of an ONNX file's tensors lie: in the file itself or in files beside it, of which a plain name is given.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "io/onnx/onnx_document.h"
#include "io/onnx/protobuf_wire.h"

namespace residual::io {

class OnnxStorage {
 public:
  /// `path`: of the file on disk, beside which others may lie; none where it is memory.
  explicit OnnxStorage(Source source, std::optional<std::filesystem::path> path = {})
      : file_(std::move(source)), path_(std::move(path)), bytes_(file_.source().size) {}

  WireFile& file() noexcept { return file_; }
  const std::string& name() const noexcept { return file_.source().name; }
  /// Of the file and of those beside it that have been opened.
  uint64_t bytes() const noexcept { return bytes_; }

  /// Refuses a shape that is negative, too large or of too many dimensions, values that do not fill it exactly, and a file of
  /// values that does not lie beside this one.
  Shape checked_shape(const OnnxTensor& tensor);

  /// The values as float32: floats as they are, float16 and bfloat16 widened, double rounded. Throws Error (kBadFile) when they
  /// are of another type or do not fill the shape exactly.
  Tensor read_floats(const OnnxTensor& tensor);

  /// Whole numbers (int64, int32, int8, uint8, bool), at most `most` of them.
  std::vector<int64_t> read_integers(const OnnxTensor& tensor, size_t most);

  /// The same as floats, for quantized weights; every value of the types above but int64 is exact below 2^24.
  Tensor read_whole_numbers_as_floats(const OnnxTensor& tensor);

 private:
  /// The file that holds the tensor's values, and which of its bytes these are.
  struct Place {
    WireFile& file;
    std::vector<ByteRange> values;
  };
  Place place_of(const OnnxTensor& tensor, uint64_t bytes);
  WireFile& beside(const OnnxTensor& tensor);
  template <typename Take>
  void for_each_number(const OnnxTensor& tensor, const Shape& shape, Take&& take);
  void fill(const OnnxTensor& tensor, Tensor& to, float (*convert)(int64_t));
  [[noreturn]] void refuse(const OnnxTensor& tensor, const std::string& why) const;

  WireFile file_;
  std::optional<std::filesystem::path> path_;
  uint64_t bytes_;
  std::map<std::string, WireFile> beside_;
};

bool is_float(OnnxType type);

}  // namespace residual::io
