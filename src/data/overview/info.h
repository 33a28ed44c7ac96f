// Statistics of a data set: counts, sizes, mean and standard deviation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/shape.h"
#include "data/dataset.h"

namespace residual::data {

struct SplitInfo {
  int64_t images = 0;
  std::vector<int64_t> per_class;  ///< one count a class
  Size2 smallest, largest;         ///< least and greatest height, least and greatest width
  Size2 most_common;               ///< the size that most images have
  int64_t of_most_common = 0;      ///< how many have it
  int64_t channels = 0;
  std::vector<double> mean, std;    ///< one a channel, of all pixels, for values in 0 … 1; std divides by the number of pixels
  std::vector<BrokenImage> broken;  ///< which are not in the figures above but in `images` and `per_class`
};

struct DataInfo {
  Format format = Format::kFolder;
  std::string found;
  std::vector<std::string> classes;
  std::optional<SplitInfo> train, validation, test;
  LeftOut left_out;
  std::vector<BrokenImage> omitted;
};

/// Reads every image once, on `threads` threads; exact sums, so that the figures do not depend on their number. What a data set's
/// fingerprint identifies is read in the first run alone (data/overview/pass_cache.h). Throws Error (kInterrupted) when the
/// observer says so.
SplitInfo inspect(const Dataset& dataset, int threads = 1, const PassObserver& observer = {});

/// The same for every split. Throws Error (kBadFile) that names all images of the source that cannot be read.
DataInfo inspect(const DataSource& source, int threads = 1, const PassObserver& observer = {});

/// For `residual data info`: text for people, and JSON with the same content.
std::string to_text(const DataInfo& info);
std::string to_json(const DataInfo& info);

}  // namespace residual::data
