// How the classes of data correspond to those of a model.
#pragma once

#include <cstdint>

namespace residual {

/// What decides which class of a model a class of the data is.
enum class ClassesBy : uint8_t {
  kNames,        ///< the same names, in any order; a few of the model's classes are enough
  kFoldedNames,  ///< the same names but for upper and lower case and for composed letters
  kNumbers,      ///< no name agrees, or the model has none: the first class is the first one, and so on
};

}  // namespace residual
