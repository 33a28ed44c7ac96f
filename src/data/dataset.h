// Data sets of labelled images, and opening the one at a path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/shape.h"
#include "data/loading/pass.h"
#include "data/overview/left_out.h"
#include "image/image.h"

namespace residual::data {

/// A list of labelled images. All members may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual int64_t size() const = 0;
  virtual int64_t label(int64_t index) const = 0;            ///< 0 … classes().size() - 1
  virtual void read(int64_t index, Image& image) const = 0;  ///< reuses the memory of `image`
  virtual std::string name(int64_t index) const = 0;         ///< where the image comes from, for messages
  virtual const std::vector<std::string>& classes() const = 0;
  virtual std::string description() const = 0;  ///< one line, without a full stop
  virtual Shape image_shape() const = 0;        ///< C,H,W of most images; those of an image folder may differ in H and W
  /// What differs where the images differ, for what is remembered of them from run to run; empty: nothing is.
  virtual std::string fingerprint() const { return {}; }

  Image image(int64_t index) const;
};

/// What to open and how to split it.
struct OpenOptions {
  std::string path;            ///< a folder, an archive (data/files/archive.h), or "shapes" for the built-in images
  double val_split = 0;        ///< fraction of every class of the training images that becomes the validation split, 0 … 0.9
  uint64_t seed = 0;           ///< of the split and of the built-in images
  int64_t channels = 0;        ///< image folders: 1, 3, or 0 for colour if any image has it. The built-in images: 3 unless 1
  bool coarse_labels = false;  ///< CIFAR-100: its 20 coarse classes in place of the 100 fine ones
  std::vector<std::string> class_names;  ///< replace the data's own names, by index; empty: keep those
  bool exif_orientation = false;         ///< image folders: turn images upright as their Exif data say
  bool skip_broken = false;    ///< image folders: omits images that cannot be read, which are looked for when the data are opened
  int64_t train_size = 20000;  ///< of the built-in images
  int64_t test_size = 2000;
  int64_t shapes_height = 32, shapes_width = 32;
  int64_t cache_bytes = int64_t{1} << 30;  ///< decoded images are kept in memory up to this many bytes
  PassObserver observer;                   ///< of a pass over all images
};

enum class Format { kShapes, kCifar10, kCifar100, kIdx, kNumbered, kFolder, kMemory };
std::string_view name_of(Format format);  ///< "cifar10", for programs

/// What was found. A split that does not exist is null; all splits share one list of classes.
struct DataSource {
  Format format = Format::kFolder;
  std::string found;  ///< one line for the user
  std::string note;   ///< what is unusual about the images; part of `found`
  LeftOut left_out;
  std::vector<BrokenImage> broken;  ///< images that cannot be read and are omitted (skip_broken)
  std::unique_ptr<Dataset> train, validation, test;

  /// The split of that name ("train", "validation" or "val", "test"), or null. "" is test, else validation, else train.
  const Dataset* find(std::string_view split) const;

  /// The same; throws Error (kUsage) naming the splits there are.
  const Dataset& split(std::string_view split) const;

  const std::vector<std::string>& classes() const;
};

/// The images whose class has a place in `classes`, labelled by it. place: of each of the data set's classes; -1: none. `dataset`
/// must outlive it.
std::unique_ptr<Dataset> relabelled(const Dataset& dataset, std::vector<std::string> classes, std::vector<int64_t> place);

/// The indices of these images in the data set.
std::vector<int64_t> images_with_place(const Dataset& dataset, const std::vector<int64_t>& place);

/// Throws Error (kUsage) unless `split` is "", "train", "validation", "val" or "test".
void check_split(std::string_view split);

/// Throws Error (kUsage) for options out of range, whatever the path.
void check(const OpenOptions& options);

/// Throws Error (kBadFile) for data that are missing, damaged or in no known format, (kUsage) for options out of range.
DataSource open_data(const OpenOptions& options);

/// The images of a folder without labels, and of the folders in it: all in one class. channels: 1 or 3. Throws Error (kBadFile).
std::unique_ptr<Dataset> open_unlabelled(const std::filesystem::path& folder, int64_t channels, bool exif_orientation);

}  // namespace residual::data
