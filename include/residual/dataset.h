// Labelled images to train and evaluate on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "residual/export.h"
#include "residual/image.h"

namespace residual {

struct DatasetOptions {
  double val_split = 0;             ///< fraction of every class of the training images that becomes the validation split, 0 … 0.9
  uint64_t seed = 0;                ///< of that choice, and of the built-in images
  bool exif_orientation = false;    ///< folders of images: turns them upright as their Exif data say
  bool skip_broken = false;         ///< folders of images: omits images that cannot be read, which opening looks for
  bool coarse_labels = false;       ///< CIFAR-100: its 20 coarse classes in place of the 100 fine ones
  std::vector<std::string> labels;  ///< names of the classes in place of the data's own, see read_labels; empty: those
  int64_t train_size = 20000;       ///< number of built-in training images
  int64_t test_size = 2000;         ///< number of built-in test images
  ImageShape shape;                 ///< of the built-in images
};

/// Images in memory for Dataset::from_memory: bytes of any layout, all with the same number of channels, and the class of each.
struct LabelledImages {
  std::span<const ImageView> images;
  std::span<const int64_t> labels;  ///< 0 … number of classes - 1, one an image
};

/// A data set on disk, in memory, or the built-in one: a training, a validation and a test split, any of which may be missing. A
/// movable handle; const functions may be called from several threads at once.
class RESIDUAL_API Dataset {
 public:
  /// `path`: a folder or an archive with CIFAR's binary files, MNIST's IDX files (plain or .gz), SIGNS, train/<class>/*.jpg and
  /// test/<class>/*.png, or one folder of classes (docs/DATA.md has the table); or "shapes" for the built-in images: ten
  /// classes of drawn shapes. Throws Error: kBadFile for data that are missing, damaged or in no known format, kUsage for options
  /// out of range.
  static Dataset open(const std::string& path, const DatasetOptions& options = {});

  /// Copies the images. `test` may be empty; of the options val_split and seed are used. Throws Error (kUsage) for images or
  /// labels that are not valid, without a training or test image, and for options out of range.
  static Dataset from_memory(const LabelledImages& train, const LabelledImages& test, const std::vector<std::string>& classes,
                             const DatasetOptions& options = {});
  /// The same for images without a split of their own: they are training images, less those that val_split sets aside; with
  /// nothing else, Model::evaluate uses them all.
  static Dataset from_memory(std::span<const ImageView> images, std::span<const int64_t> labels,
                             const std::vector<std::string>& classes, const DatasetOptions& options = {});

  const std::string& description() const;           ///< one line for people
  const std::vector<std::string>& classes() const;  ///< their names, by index
  ImageShape image_shape() const;                   ///< that most images have
  int64_t size(std::string_view split) const;       ///< images in "train", "validation" or "test"; 0 without that split

  Dataset(Dataset&&) noexcept;
  Dataset& operator=(Dataset&&) noexcept;
  ~Dataset();

 private:
  friend class Model;
  struct Parts;
  explicit Dataset(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Names of classes from a file: one a line, or JSON (a list of names, or an object from index to name). Throws Error (kBadFile).
RESIDUAL_API std::vector<std::string> read_labels(const std::filesystem::path& file);

}  // namespace residual
