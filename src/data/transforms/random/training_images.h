// What the parameters of random transforms depend on.
#pragma once

#include <cstdint>

#include "core/tensor/shape.h"

namespace residual::data {

struct TrainingImages {
  Size2 input;          ///< of the network, behind the preprocessing
  bool digits = false;  ///< or letters, as MNIST's: a mirrored one may be another or none
};

}  // namespace residual::data
