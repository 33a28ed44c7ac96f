// The calls in a pickle that make tensors, recognised by the function's name.
#pragma once

#include <optional>
#include <string_view>

#include "io/torch/pickle.h"

namespace residual::io {

/// A call of a function torch._utils._rebuild_….
struct TensorCall {
  enum class Kind : uint8_t {
    kTensor,     ///< storage, offset, sizes, strides and perhaps more
    kParameter,  ///< around a tensor
    kQuantized,  ///< small integers with scale and zero point
    kOther,      ///< sparse, on no device, …
  };
  Kind kind = Kind::kOther;
  const PickleObject* arguments = nullptr;  ///< a tuple
};

/// None where the object is anything else than such a call. One of a subclass of Tensor counts as what it wraps.
std::optional<TensorCall> tensor_call(const Pickle& pickle, const PickleObject& object);

}  // namespace residual::io
