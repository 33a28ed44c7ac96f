// An ONNX file as it is written: nodes, names and where the weights lie. Nothing is understood yet, and no weight is read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"
#include "io/onnx/protobuf_wire.h"

namespace residual::io {

/// TensorProto.DataType, as far as weights of this family use it.
enum class OnnxType : int32_t {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kBFloat16 = 16
};

/// "float", "int8", … or the number of a type that is not read.
std::string name_of(OnnxType type);

/// Where another file holds the values of a tensor, as TensorProto.external_data says it.
struct OnnxExternal {
  std::string location;  ///< the file's name as it is given
  uint64_t offset = 0;
  std::optional<uint64_t> length;  ///< none: as many bytes as the shape takes
};

/// TensorProto: the values stay in the file.
struct OnnxTensor {
  std::string name;
  OnnxType type{};
  std::vector<int64_t> dims;
  bool raw = false;                      ///< the values lie there little-endian; otherwise as `packed` numbers
  std::vector<ByteRange> values;         ///< one after the other
  std::optional<OnnxExternal> external;  ///< where the values lie in a file beside this one
};

struct OnnxAttribute {
  enum class Kind : int32_t { kFloat = 1, kInt = 2, kText = 3, kTensor = 4, kFloats = 6, kInts = 7, kOther = 0 } kind{};
  std::string text;
  std::vector<float> numbers;     ///< one for kFloat
  std::vector<int64_t> integers;  ///< one for kInt
  OnnxTensor tensor;
};

struct OnnxNode {
  std::string op, domain, name;
  std::vector<std::string> inputs, outputs;  ///< an empty name: an input that is omitted
  std::map<std::string, OnnxAttribute> attributes;
  bool made = false;  ///< not in the file, but one of several that stand for a node there
};

/// ValueInfoProto: an input or output of the whole.
struct OnnxValue {
  std::string name;
  OnnxType type{};
  std::vector<int64_t> dims;  ///< -1 where the file gives a symbol or nothing
};

struct OnnxDocument {
  int64_t opset = 0;  ///< of the standard operators
  std::map<std::string, std::string> metadata;
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxTensor> initializers;
  std::vector<OnnxValue> inputs, outputs;
  bool has_sparse = false;
};

/// Largest structure that is read, in bytes of memory: what a file may hold beside its weights.
inline constexpr size_t kMaxOnnxStructure = size_t{16} << 20;

/// Throws Error (kBadFile) when the file is not an ONNX model or its structure is larger than kMaxOnnxStructure.
OnnxDocument parse_onnx_document(WireFile& file);

}  // namespace residual::io
