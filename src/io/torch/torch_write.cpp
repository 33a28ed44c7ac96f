#include <array>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "core/json_text.h"
#include "io/torch/torch_file.h"
#include "io/torch/torch_objects.h"
#include "io/torch/zip_archive.h"

namespace residual::io {
namespace {

// The pickle, protocol 2, of an OrderedDict of tensors. Nothing is memoized: files are read once.
class PickleWriter {
 public:
  PickleWriter() { bytes_ = "\x80\x02"; }

  void global(std::string_view module, std::string_view name) {
    bytes_.append("c").append(module).append("\n").append(name).append("\n");
  }
  void text(std::string_view text) {
    bytes_ += 'X';
    number(static_cast<uint32_t>(text.size()));
    bytes_ += text;
  }
  void integer(int64_t value) {
    bytes_ += "\x8a\x08";
    number(value);
  }
  void opcode(std::string_view opcodes) { bytes_ += opcodes; }
  void tuple(std::span<const int64_t> values) {
    bytes_ += '(';
    for (const int64_t value : values) integer(value);
    bytes_ += 't';
  }
  void ordered_dict() {
    global("collections", "OrderedDict");
    opcode(")R");
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <typename T>
  void number(T value) {
    std::array<char, sizeof(T)> raw;
    std::memcpy(raw.data(), &value, sizeof value);
    bytes_.append(raw.data(), raw.size());
  }
  std::string bytes_;
};

// _rebuild_tensor_v2(storage, 0, sizes, strides, False, OrderedDict())
void add_tensor(PickleWriter& pickle, const Tensor& tensor, const std::string& key) {
  const Shape& shape = tensor.shape();
  std::vector<int64_t> strides(shape.rank());
  int64_t dense = 1;
  for (size_t axis = shape.rank(); axis-- > 0;) {
    strides[axis] = dense;
    dense *= std::max<int64_t>(shape[axis], 1);
  }
  pickle.global("torch._utils", "_rebuild_tensor_v2");
  pickle.opcode("((");
  pickle.text("storage");
  pickle.global("torch", storage_class_of(tensor.dtype()));
  pickle.text(key);
  pickle.text("cpu");
  pickle.integer(tensor.elements());
  pickle.opcode("tQ");
  pickle.integer(0);
  pickle.tuple(shape.dims());
  pickle.tuple(strides);
  pickle.opcode("\x89");
  pickle.ordered_dict();
  pickle.opcode("tR");
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

void serialize_torch(const TensorViews& tensors, std::span<const std::string> order, const Metadata& ours, const ByteSink& sink) {
  if (order.size() != tensors.size()) {
    fail(ErrorKind::kUsage, "the order of {} tensors has {} names", tensors.size(), order.size());
  }
  PickleWriter pickle;
  pickle.ordered_dict();
  pickle.opcode("(");
  std::vector<ZipEntry> entries(2);
  for (const std::string& name : order) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) fail(ErrorKind::kUsage, "the order names '{}', which is not a tensor", printable(name));
    const std::string key = std::to_string(entries.size() - 2);
    pickle.text(name);
    add_tensor(pickle, *found->second, key);
    entries.push_back({"archive/data/" + key, {found->second->data(), found->second->bytes()}});
  }
  pickle.opcode("u.");
  entries[0] = {"archive/data.pkl", bytes_of(pickle.bytes())};
  entries[1] = {"archive/byteorder", bytes_of("little")};
  entries.push_back({"archive/version", bytes_of("3\n")});
  for (const auto& [key, text] : ours) entries.push_back({"archive/" + std::string(kOursFolder) + key, bytes_of(text)});
  serialize_zip(entries, sink);
}

void write_torch(const std::filesystem::path& path, const TensorViews& tensors, std::span<const std::string> order,
                 const Metadata& ours) {
  replace_file(path, [&](const ByteSink& sink) { serialize_torch(tensors, order, ours, sink); });
}

}  // namespace residual::io
