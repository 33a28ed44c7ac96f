// Labelled image files as a data set: what image folders and numbered files have in common.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/loading/cache.h"
#include "data/overview/size_counts.h"
#include "data/sources/image_listing.h"

namespace residual::data {

class ImageFiles final : public Dataset {
 public:
  /// folder: of the files, for messages. prepare must be called before images are read.
  ImageFiles(std::shared_ptr<const FileTree> tree, ImageListing listing, std::string folder);

  const std::vector<ListedImage>& images() const { return listing_.images; }
  LeftOut left_out() const { return listing_.left_out(); }
  const FileTree& tree() const { return *tree_; }
  const SizeCounts& sizes() const { return sizes_; }

  /// Whether a header has shown that an image cannot be read.
  bool has_unreadable() const;
  /// Decodes every image: those that cannot be read, in order. What could not be read before and now can is like the others.
  std::vector<BrokenImage> find_broken(bool upright, const PassObserver& observer);
  /// Throws Error (kBadFile) when a class loses all its images.
  void omit(const std::vector<BrokenImage>& broken);

  /// channels: 1 or 3. upright: turned as their Exif data say.
  void prepare(int64_t channels, bool upright, int64_t cache_bytes);

  int64_t size() const override { return static_cast<int64_t>(listing_.images.size()); }
  int64_t label(int64_t index) const override { return listing_.images[static_cast<size_t>(index)].label; }
  void read(int64_t index, Image& image) const override;
  std::string name(int64_t index) const override { return tree_->where(path(index)); }
  const std::vector<std::string>& classes() const override { return listing_.classes; }
  std::string description() const override;
  Shape image_shape() const override { return shape_; }
  /// Of the files' paths, sizes and times, and of how they are decoded.
  std::string fingerprint() const override;

 private:
  /// Whether every image without a size is among the broken ones.
  bool explain_unreadable(const std::vector<BrokenImage>& broken) const;
  const std::string& path(int64_t index) const { return listing_.images.at(static_cast<size_t>(index)).path; }
  void decode(int64_t index, int64_t channels, Image& image) const;
  void warn_of(const std::string& warning) const;

  std::shared_ptr<const FileTree> tree_;
  ImageListing listing_;
  std::string folder_;
  SizeCounts sizes_;
  int64_t channels_ = 3;
  bool upright_ = false;
  Shape shape_;
  std::unique_ptr<ImageCache> cache_;
  mutable std::atomic<int> warnings_ = 0;
};

/// Prepares the splits that are there, alike, sharing the cache, and puts them into `source`, with a note of what is unusual:
/// sizes that differ, files left out, images omitted. Images that cannot be read are refused or, with skip_broken, omitted.
void finish(DataSource& source, std::unique_ptr<ImageFiles> train, std::unique_ptr<ImageFiles> validation,
            std::unique_ptr<ImageFiles> test, const OpenOptions& options);

}  // namespace residual::data
