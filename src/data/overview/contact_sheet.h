// Some images of every class on one sheet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace residual::data {

struct ContactSheet {
  Image image;                    ///< a row a class, white between the images
  std::vector<std::string> rows;  ///< the names of the classes, from the top
  int64_t columns = 0;            ///< images a row, at most
  int64_t omitted = 0;            ///< classes for which there was no space
};

/// The first `columns` images of each class, each fitted into a square of 64 pixels (smaller ones keep their size); at most
/// 200 classes. Throws as Dataset::read does.
ContactSheet contact_sheet(const Dataset& dataset, int64_t columns = 10);

}  // namespace residual::data
