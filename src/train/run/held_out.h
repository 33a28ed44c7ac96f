// The images that a run is evaluated on.
#pragma once

#include <string>

#include "data/dataset.h"

namespace residual::train {

struct HeldOut {
  const data::Dataset* dataset = nullptr;  ///< null: there are none
  std::string split;                       ///< "validation", "test", or ""
};

/// The images that the best epoch is selected on: the validation images, else the test images.
inline HeldOut selection_split(const data::DataSource& source) {
  if (source.validation) return {source.validation.get(), "validation"};
  return source.test ? HeldOut{source.test.get(), "test"} : HeldOut{};
}

/// The images that the best model is evaluated on at the end: the test images, else the validation images.
inline HeldOut final_split(const data::DataSource& source) {
  return source.test ? HeldOut{source.test.get(), "test"} : selection_split(source);
}

}  // namespace residual::train
