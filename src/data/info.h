// Statistics of a data set: counts, sizes, mean and standard deviation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/shape.h"
#include "data/dataset.h"

namespace residual::data {

struct SplitInfo {
  int64_t images = 0;
  std::vector<int64_t> per_class;  ///< one count a class
  Size2 smallest, largest;         ///< least and greatest height, least and greatest width
  int64_t channels = 0;
  std::vector<double> mean, std;  ///< one a channel, of all pixels, for values in 0 … 1; std divides by the number of pixels
};

struct DataInfo {
  Format format = Format::kFolder;
  std::string found;
  std::vector<std::string> classes;
  std::optional<SplitInfo> train, validation, test;
};

/// Reads every image, on `threads` threads; exact sums, so that the figures do not depend on their number. Throws as
/// Dataset::read does.
SplitInfo inspect(const Dataset& dataset, int threads = 1);
DataInfo inspect(const DataSource& source, int threads = 1);

/// For `residual data info`: text for people, and JSON with the same content.
std::string to_text(const DataInfo& info);
std::string to_json(const DataInfo& info);

}  // namespace residual::data
