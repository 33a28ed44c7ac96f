// Labelled image files as a data set: what image folders and numbered files have in common.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/cache.h"
#include "data/dataset.h"
#include "data/files/file_tree.h"

namespace residual::data {

/// Whether the name ends in .jpg, .jpeg or .png, in any case.
bool has_image_name(const std::string& name);

struct ImageListing {
  std::vector<std::string> classes;
  std::vector<std::pair<int32_t, std::string>> files;  ///< class, and path in the tree
};

class ImageFiles final : public Dataset {
 public:
  /// Reads the first bytes of every file, so that one that is not an image is named now and not in the middle of training:
  /// throws Error (kBadFile). folder: of the files, for messages. prepare must be called before images are read.
  ImageFiles(std::shared_ptr<const FileTree> tree, ImageListing listing, std::string folder);

  /// 1 when a sample of the images is all grey, else 3.
  int64_t sampled_channels() const;
  /// upright: turned as their Exif data say.
  void prepare(int64_t channels, bool upright, int64_t cache_bytes);

  int64_t size() const override { return static_cast<int64_t>(listing_.files.size()); }
  int64_t label(int64_t index) const override { return listing_.files[static_cast<size_t>(index)].first; }
  void read(int64_t index, Image& image) const override;
  std::string name(int64_t index) const override { return tree_->where(path(index)); }
  const std::vector<std::string>& classes() const override { return listing_.classes; }
  std::string description() const override;
  Shape image_shape() const override { return shape_; }

 private:
  const std::string& path(int64_t index) const { return listing_.files.at(static_cast<size_t>(index)).second; }
  void decode(int64_t index, int64_t channels, Image& image) const;
  void check_files() const;

  std::shared_ptr<const FileTree> tree_;
  ImageListing listing_;
  std::string folder_;
  int64_t channels_ = 3;
  bool upright_ = false;
  Shape shape_;
  std::unique_ptr<ImageCache> cache_;
};

/// Prepares the splits that are there, alike, sharing the cache, and puts them into `source`.
void finish(DataSource& source, std::unique_ptr<ImageFiles> train, std::unique_ptr<ImageFiles> validation,
            std::unique_ptr<ImageFiles> test, const OpenOptions& options);

}  // namespace residual::data
