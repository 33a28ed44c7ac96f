// Some pictures of every class on one sheet, to look at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace residual::data {

struct ContactSheet {
  Picture picture;                ///< a row a class, white between the pictures
  std::vector<std::string> rows;  ///< the names of the classes, from the top
  int64_t columns = 0;            ///< pictures a row, at most
  int64_t left_out = 0;           ///< classes for which there was no room
};

/// The first `columns` pictures of each class, each brought into a square of 64 pixels (smaller ones keep their size); at most
/// 200 classes. Throws what reading throws.
ContactSheet contact_sheet(const Dataset& dataset, int64_t columns = 10);

}  // namespace residual::data
