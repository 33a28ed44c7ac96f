#include "io/onnx/onnx_document.h"

#include <algorithm>

#include "core/json_text.h"
#include "core/text.h"

namespace residual::io {
namespace {

// The numbers are those of onnx.proto.

class Parser {
 public:
  explicit Parser(WireFile& file) : file_(file) {}

  OnnxDocument document() {
    OnnxDocument document;
    bool graph = false;
    WireReader model(file_, {0, file_.source().size});
    while (model.next()) {
      switch (model.field()) {
        case 7:
          parse_graph(model.bytes(), document);
          graph = true;
          break;
        case 8: parse_opset(model.bytes(), document); break;
        case 14: parse_entry(model.bytes(), document.metadata); break;
        default: break;
      }
    }
    if (!graph || document.opset == 0)
      fail(ErrorKind::kBadFile, "'{}' is not an ONNX model: it has no {}", file_.source().name, graph ? "operator set" : "graph");
    return document;
  }

 private:
  // Limits the memory of decoded data, of which a few bytes of a file can request much.
  void charge(size_t bytes) {
    used_ += bytes;
    if (used_ > kMaxOnnxStructure) {
      fail(ErrorKind::kBadFile,
           "'{}': its nodes and names take more than {} MiB; networks of this family take a few, so this is not one of them",
           file_.source().name, kMaxOnnxStructure >> 20);
    }
  }

  std::string text(const WireReader& reader) {
    const ByteRange range = reader.bytes();
    charge(sizeof(std::string) + static_cast<size_t>(std::min<uint64_t>(range.size(), kMaxOnnxStructure + 1)));
    return file_.text(range);
  }

  template <typename T>
  void add(std::vector<T>& list, T value) {
    charge(2 * sizeof(T));  // vectors grow by doubling
    list.push_back(std::move(value));
  }

  void parse_entry(const ByteRange& range, std::map<std::string, std::string>& entries) {
    std::string key, value;
    WireReader entry(file_, range);
    while (entry.next()) {
      if (entry.field() == 1) key = text(entry);
      if (entry.field() == 2) value = text(entry);
    }
    charge(kMapEntry);
    entries[key] = std::move(value);
  }

  void parse_opset(const ByteRange& range, OnnxDocument& document) {
    std::string domain;
    int64_t version = 0;
    WireReader opset(file_, range);
    while (opset.next()) {
      if (opset.field() == 1) domain = text(opset);
      if (opset.field() == 2) version = static_cast<int64_t>(opset.varint());
    }
    if (domain.empty() || domain == "ai.onnx") document.opset = version;
  }

  void parse_graph(const ByteRange& range, OnnxDocument& document) {
    WireReader graph(file_, range);
    while (graph.next()) {
      switch (graph.field()) {
        case 1: add(document.nodes, node(graph.bytes())); break;
        case 5: {
          OnnxTensor initializer = tensor(graph.bytes());
          charge(sizeof initializer + initializer.name.size() + kMapEntry);
          const std::string name = initializer.name;
          if (!document.initializers.emplace(name, std::move(initializer)).second)
            fail(ErrorKind::kBadFile, "'{}': two initializers are called '{}'", file_.source().name, printable(name));
          break;
        }
        case 11: add(document.inputs, value(graph.bytes())); break;
        case 12: add(document.outputs, value(graph.bytes())); break;
        case 15: document.has_sparse = true; break;
        default: break;
      }
    }
  }

  OnnxNode node(const ByteRange& range) {
    OnnxNode node;
    WireReader reader(file_, range);
    while (reader.next()) {
      switch (reader.field()) {
        case 1: add(node.inputs, text(reader)); break;
        case 2: add(node.outputs, text(reader)); break;
        case 3: node.name = text(reader); break;
        case 4: node.op = text(reader); break;
        case 5: parse_attribute(reader.bytes(), node); break;
        case 7: node.domain = text(reader); break;
        default: break;
      }
    }
    return node;
  }

  void parse_attribute(const ByteRange& range, OnnxNode& node) {
    std::string name;
    OnnxAttribute attribute;
    using Kind = OnnxAttribute::Kind;
    charge(sizeof attribute + kMapEntry);
    WireReader reader(file_, range);
    while (reader.next()) {
      switch (reader.field()) {
        case 1: name = text(reader); break;
        case 2:
          attribute.numbers = {reader.fixed32()};
          attribute.kind = Kind::kFloat;
          break;
        case 3:
          attribute.integers = {static_cast<int64_t>(reader.varint())};
          attribute.kind = Kind::kInt;
          break;
        case 4:
          attribute.text = text(reader);
          attribute.kind = Kind::kText;
          break;
        case 5:
          attribute.tensor = tensor(reader.bytes());
          attribute.kind = Kind::kTensor;
          break;
        case 7:
          reader.floats([&](float value) { add(attribute.numbers, value); });
          attribute.kind = Kind::kFloats;
          break;
        case 8:
          reader.varints([&](uint64_t value) { add(attribute.integers, static_cast<int64_t>(value)); });
          attribute.kind = Kind::kInts;
          break;
        default: break;
      }
    }
    node.attributes[name] = std::move(attribute);
  }

  OnnxTensor tensor(const ByteRange& range) {
    OnnxTensor tensor;
    WireReader reader(file_, range);
    while (reader.next()) {
      switch (reader.field()) {
        case 1: reader.varints([&](uint64_t dim) { add(tensor.dims, static_cast<int64_t>(dim)); }); break;
        case 2: tensor.type = static_cast<OnnxType>(reader.varint()); break;
        case 8: tensor.name = text(reader); break;
        case 9:
          tensor.values = {reader.bytes()};
          tensor.raw = true;
          break;
        case 13: parse_external(reader.bytes(), tensor); break;
        case 14:
          if (reader.varint() != 0 && !tensor.external) tensor.external.emplace();
          break;
        case 4:
        case 5:
        case 7:
        case 10:
        case 11:  // float, int32, int64, double and uint64 data
          if (reader.type() != WireType::kBytes)
            fail(ErrorKind::kBadFile, "'{}': the values of a tensor are not packed; save it again with a current onnx package",
                 file_.source().name);
          add(tensor.values, reader.bytes());
          break;
        default: break;
      }
    }
    return tensor;
  }

  void parse_external(const ByteRange& range, OnnxTensor& tensor) {
    std::map<std::string, std::string> entries;
    parse_entry(range, entries);
    if (!tensor.external) tensor.external.emplace();
    for (const auto& [key, value] : entries) {
      if (key == "location") tensor.external->location = value;
      if (key == "offset") tensor.external->offset = byte_count(key, value);
      if (key == "length") tensor.external->length = byte_count(key, value);
    }
  }

  uint64_t byte_count(const std::string& key, const std::string& value) const {
    const std::optional<int64_t> count = whole_number(value);
    if (!count) {
      fail(ErrorKind::kBadFile, "'{}': the {} of weights in another file is '{}', a number of bytes is expected",
           file_.source().name, key, printable(value));
    }
    return static_cast<uint64_t>(*count);
  }

  // ValueInfoProto { name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1 } } } } }
  OnnxValue value(const ByteRange& range) {
    OnnxValue value;
    WireReader reader(file_, range);
    while (reader.next()) {
      if (reader.field() == 1) value.name = text(reader);
      if (reader.field() != 2) continue;
      WireReader type(file_, reader.bytes());
      while (type.next()) {
        if (type.field() == 1) parse_tensor_type(type.bytes(), value);
      }
    }
    return value;
  }

  void parse_tensor_type(const ByteRange& range, OnnxValue& value) {
    WireReader tensor_type(file_, range);
    while (tensor_type.next()) {
      if (tensor_type.field() == 1) value.type = static_cast<OnnxType>(tensor_type.varint());
      if (tensor_type.field() != 2) continue;
      WireReader shape(file_, tensor_type.bytes());
      while (shape.next()) {
        if (shape.field() != 1) continue;
        int64_t size = -1;
        WireReader dim(file_, shape.bytes());
        while (dim.next()) {
          if (dim.field() == 1) size = static_cast<int64_t>(dim.varint());
        }
        add(value.dims, size);
      }
    }
  }

  static constexpr size_t kMapEntry = 96;
  WireFile& file_;
  size_t used_ = 0;
};

}  // namespace

OnnxDocument parse_onnx_document(WireFile& file) {
  return Parser(file).document();
}

}  // namespace residual::io
