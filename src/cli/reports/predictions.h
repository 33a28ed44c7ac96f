// The forms in which `residual predict` gives its results.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "residual/prediction.h"

namespace residual::cli {

/// Takes what became of each image, in order, and prints it.
class PredictionWriter {
 public:
  virtual ~PredictionWriter() = default;
  virtual void predictions(const std::string& image, const std::vector<Prediction>& predictions) = 0;
  /// An image that cannot be used; the message has been shown.
  virtual void error(const std::string& image, const std::string& message) = 0;
  /// A file in a folder that is no image.
  virtual void left_out(const std::string& file) = 0;
  virtual void finish() {}
};

std::unique_ptr<PredictionWriter> write_lines();       ///< for people
std::unique_ptr<PredictionWriter> write_json();        ///< one list
std::unique_ptr<PredictionWriter> write_json_lines();  ///< an object a line, as soon as it is known
std::unique_ptr<PredictionWriter> write_csv();         ///< RFC 4180, a line for each class of each image

}  // namespace residual::cli
