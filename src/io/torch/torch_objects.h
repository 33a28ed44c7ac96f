// What the pickle in a PyTorch file describes: tensors as views of storages, by name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"
#include "io/safetensors/safetensors.h"
#include "io/source.h"

namespace residual::io {

/// What PyTorch calls a storage of such elements: "FloatStorage".
std::string_view storage_class_of(DType type);

/// A block of elements that lies elsewhere in the file.
struct TorchStorage {
  std::string key;
  std::optional<DType> dtype;  ///< none: of a type that no tensor of ours has
  size_t element_bytes = 0;
  int64_t elements = 0;
  size_t bytes() const { return static_cast<size_t>(elements) * element_bytes; }
};

/// One tensor: element (i, j, …) is element offset + i * strides[0] + j * strides[1] + … of its storage, and lies within.
struct TorchView {
  std::string name;
  size_t storage = 0;  ///< index into TorchObjects::storages
  int64_t offset = 0;
  Shape shape;
  std::vector<int64_t> strides;
};

struct TorchObjects {
  std::vector<TorchStorage> storages;  ///< all that the pickle names, each once
  std::vector<TorchView> tensors;
  Metadata notes;    ///< texts and numbers beside the tensors
  uint64_t end = 0;  ///< where in the source the pickle ends
};

/// Matches the pickle at `offset` and finds the state_dict in it; `weights_in` as for read_torch. Tensors of element types
/// without a DType are omitted. `file_size` bounds the sizes of storages and of all tensors together. Throws Error (kBadFile).
TorchObjects match_torch_objects(const Source& source, uint64_t offset, uint64_t file_size, std::string_view weights_in = {});

/// The tensors, dense. `fetch` fills its buffer with a storage's bytes; it is called once for each storage that a tensor needs.
Tensors gather_all(const TorchObjects& objects, const std::function<void(const TorchStorage&, std::span<std::byte>)>& fetch);

}  // namespace residual::io
