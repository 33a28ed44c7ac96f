// Labelled images to train and evaluate on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "residual/export.h"
#include "residual/image.h"

namespace residual {

struct DatasetOptions {
  double validation = 0;       ///< this fraction of every class of the training images is kept for validation, 0 … 0.9
  uint64_t seed = 0;           ///< of that choice, and of the built-in images
  int64_t train_size = 20000;  ///< number of built-in training images
  int64_t test_size = 2000;    ///< number of built-in test images
  ImageShape shape;            ///< of the built-in images
};

/// A data set on disk, or the built-in one. A movable handle.
class RESIDUAL_API Dataset {
 public:
  /// `path`: a folder or an archive with CIFAR's binary files, MNIST's IDX files (plain or .gz), SIGNS, train/<class>/*.jpg and
  /// test/<class>/*.png, or one folder of classes (docs/TRAINING.md has the table); or "shapes" for the built-in images: ten
  /// classes of drawn shapes. Throws Error: kBadFile
  /// for what is missing, damaged or not understood, kUsage for options out of range.
  static Dataset open(const std::string& path, const DatasetOptions& options = {});

  const std::string& description() const;           ///< one line for people
  const std::vector<std::string>& classes() const;  ///< their names, by index
  ImageShape image_shape() const;                   ///< of the first image
  int64_t size(std::string_view split) const;       ///< images in "train", "validation" or "test"; 0 when there is no such part

  Dataset(Dataset&&) noexcept;
  Dataset& operator=(Dataset&&) noexcept;
  ~Dataset();

 private:
  friend class Model;
  struct Parts;
  explicit Dataset(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace residual
