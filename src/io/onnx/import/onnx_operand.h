// What a name in an ONNX file stands for: a value that is computed, numbers that the file holds, or quantized values.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/tensor/tensor.h"
#include "graph/graph.h"
#include "io/onnx/import/onnx_layout.h"
#include "io/onnx/onnx_document.h"
#include "io/onnx/onnx_storage.h"

namespace residual::io {

/// Rows and columns around an image.
struct Margins {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool any() const noexcept { return top != 0 || left != 0 || bottom != 0 || right != 0; }
};

/// y = scale x + shift, one of each a channel.
struct Affine {
  std::vector<double> scale, shift;
};

/// A value that is computed, and what still has to be done to it; ONNX expresses in several nodes what one of our ops does at
/// once. In this order: scale a channel and shift it, keep every n-th row and column, pad.
struct Activation {
  Value value;
  Layout layout;                           ///< of the tensor in the file, when everything is done
  std::shared_ptr<const Affine> affine{};  ///< null: nothing; one for all names that the value has
  bool exclusive = false;                  ///< nothing reads the value but this, so that what computes it may scale it
  Size2 every{1, 1};
  Margins margins{};
  float fill = 0;  ///< of the margins: 0, or what never wins a maximum

  static constexpr float kNeverWins = -std::numeric_limits<float>::infinity();
  bool is_done() const noexcept { return affine == nullptr && every == Size2{1, 1} && !margins.any(); }
};

/// In lists of whole numbers: the number of images, which the file leaves open. No size, index or limit that exporters write.
inline constexpr int64_t kOpenBatch = -0x6F70656E20626174;

/// Numbers that the file holds or that follow from these, read when they are needed. Copies share what their functions hold.
struct Constant {
  std::string name;
  Shape shape;  ///< as many elements as the functions give, which give them in another shape, perhaps
  OnnxType type{};
  const void* storage = nullptr;  ///< the same for two constants that lie at one place of the file
  std::function<Tensor()> floats;
  std::function<std::vector<int64_t>(size_t most)> integers;
  std::function<Tensor()> whole_numbers;  ///< integers of any kind as floats
  bool repeated = false;                  ///< it stands for as many copies along the first dimension as there are images
};

/// What a QuantizeLinear gives: a value that is rounded already, to integers of this scale and zero point.
struct Quantized {
  Activation activation;
  float scale = 1;
  int64_t zero_point = 0;
};

using Operand = std::variant<Activation, Constant, Quantized>;

/// A constant's values while nodes compute with them: floats in float32, all others as int64.
struct Numbers {
  Shape shape;
  OnnxType type = OnnxType::kFloat;
  std::vector<float> floats;      ///< of float types
  std::vector<int64_t> integers;  ///< of all others

  bool is_float() const noexcept { return io::is_float(type); }
  size_t size() const noexcept { return is_float() ? floats.size() : integers.size(); }
};

}  // namespace residual::io
