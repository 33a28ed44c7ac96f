// The images that an ONNX file takes: their sizes, where channels are, and what the file leaves open.
#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "core/json_text.h"
#include "core/limits.h"
#include "io/onnx/import/onnx_import.h"

namespace residual::io {
namespace {

constexpr std::array<std::string_view, 3> kSizes{"channels", "height", "width"};

bool is_channels(int64_t size) {
  return size == 1 || size == 3;
}

}  // namespace

// The first node that is not the same in both orders says it: a Transpose turns N,H,W,C round, a convolution takes N,C,H,W. Where
// neither is there, the dimension of 1 or 3 does.
bool OnnxImporter::takes_channels_last(const OnnxValue& images) const {
  static const std::set<std::string_view> kAnyOrder{
      "Add",   "Sub",   "Mul",   "Div", "Cast", "Pad", "Clip", "Identity", "Reciprocal", "QuantizeLinear", "DequantizeLinear",
      "Split", "Slice", "Gather"};
  std::string_view name = images.name;
  for (size_t steps = 0; steps < document_.nodes.size(); ++steps) {
    const auto readers = readers_.find(std::string(name));
    if (readers == readers_.end()) break;
    const OnnxNode& next = *readers->second.front();
    if (next.op == "Transpose" && list(next, "perm") == std::vector<int64_t>{0, 3, 1, 2}) return true;
    if (next.op == "Conv" || next.op == "Transpose" || next.op == "BatchNormalization" || next.op == "MaxPool") return false;
    if (!kAnyOrder.contains(next.op) || next.outputs.empty()) break;
    name = next.outputs[0];
  }
  return !is_channels(images.dims[1]) && is_channels(images.dims[3]);
}

void OnnxImporter::add_input() {
  const std::string& file = storage_.name();
  const OnnxValue* images = nullptr;
  for (const OnnxValue& input : document_.inputs) {
    if (document_.initializers.contains(input.name)) continue;  // how old files declare their weights
    if (images != nullptr)
      fail(ErrorKind::kBadFile, "'{}' has more than one input: '{}' and '{}'", file, printable(images->name),
           printable(input.name));
    images = &input;
  }
  if (images == nullptr) fail(ErrorKind::kBadFile, "'{}' has no input", file);
  if (!is_float(images->type)) {
    fail(ErrorKind::kBadFile, "'{}': input '{}' is of {}, float is expected", file, printable(images->name),
         name_of(images->type));
  }
  const std::vector<int64_t>& dims = images->dims;
  if (dims.size() != 4) {
    fail(ErrorKind::kBadFile, "'{}': input '{}' has {} dimensions, images have four: N,C,H,W or N,H,W,C", file,
         printable(images->name), dims.size());
  }
  const bool last = takes_channels_last(*images);
  std::array<int64_t, 3> sizes{dims[last ? 3 : 1], dims[last ? 1 : 2], dims[last ? 2 : 3]};
  for (size_t i = 0; i < 3; ++i) {
    const int64_t given = options_.input ? (*options_.input)[i] : -1;
    if (sizes[i] < 1 && given < 1) {
      fail(ErrorKind::kBadFile,
           "'{}': input '{}' leaves its {} open; say the size of the images, channels, height and width (--input 3x224x224)",
           file, printable(images->name), kSizes[i]);
    }
    if (sizes[i] < 1) sizes[i] = given;
    if (given >= 1 && given != sizes[i]) {
      fail(ErrorKind::kUsage, "'{}' takes images with {} {}, not of {}", file, kSizes[i], sizes[i], to_string(*options_.input));
    }
    if (sizes[i] > kMostSide) {
      fail(ErrorKind::kBadFile, "'{}': input '{}', {}: it has {}, at most {} are supported", file, printable(images->name),
           kSizes[i], sizes[i], kMostSide);
    }
  }
  batch_ = dims[0] >= 1 ? dims[0] : -1;
  const Shape shape{1, sizes[0], sizes[1], sizes[2]};
  const Value value = graph().input("images", {DType::kF32, shape});
  operands_.insert_or_assign(images->name, Activation{value, last ? Layout::nhwc(shape) : Layout::nchw(shape)});
}

}  // namespace residual::io
