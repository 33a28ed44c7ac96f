#include "data/sources/image_files.h"

#include <algorithm>
#include <atomic>

#include "core/error.h"
#include "core/text.h"
#include "core/thread_team.h"
#include "core/threads.h"
#include "image/orientation.h"

namespace residual::data {
namespace {
constexpr size_t kMaxImageFile = size_t{1} << 30;
}

bool has_image_name(const std::string& name) {
  const std::string end = lower_case(name.substr(std::min(name.rfind('.'), name.size())));
  return end == ".jpg" || end == ".jpeg" || end == ".png";
}

ImageFiles::ImageFiles(std::shared_ptr<const FileTree> tree, ImageListing listing, std::string folder)
    : tree_(std::move(tree)), listing_(std::move(listing)), folder_(std::move(folder)) {
  check_files();
}

void ImageFiles::check_files() const {
  std::atomic<int64_t> first_bad = size();
  for_each_part(size(), std::min<int64_t>(allowed_threads(), size()), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (looks_like_image(tree_->start_of(path(i), 8))) continue;
      int64_t known = first_bad;
      while (i < known && !first_bad.compare_exchange_weak(known, i)) {
      }
      return;
    }
  });
  Image image;
  // Decoding throws the error, unless the file has been replaced by an image since.
  if (first_bad < size()) decode(first_bad, 3, image);
}

int64_t ImageFiles::sampled_channels() const {
  constexpr int64_t kSample = 32;
  const int64_t count = std::min(kSample, size());
  Image image;
  for (int64_t i = 0; i < count; ++i) {
    decode(size() * i / count, 0, image);
    if (image.channels != 1) return 3;
  }
  return 1;
}

void ImageFiles::prepare(int64_t channels, bool upright, int64_t cache_bytes) {
  channels_ = channels;
  upright_ = upright;
  cache_ = std::make_unique<ImageCache>(size(), cache_bytes);
  Image first;
  read(0, first);
  shape_ = Shape{first.channels, first.height, first.width};
}

void ImageFiles::decode(int64_t index, int64_t channels, Image& image) const {
  const std::vector<std::byte> bytes = tree_->read(path(index), kMaxImageFile);
  decode_image(bytes, name(index), channels, image);
  if (upright_) make_upright(image, exif_orientation(bytes));
}

void ImageFiles::read(int64_t index, Image& image) const {
  if (cache_->find(index, image)) return;
  decode(index, channels_, image);
  cache_->keep(index, image);
}

std::string ImageFiles::description() const {
  return fmt::format("'{}', {} images", tree_->where(folder_), size());
}

void finish(DataSource& source, std::unique_ptr<ImageFiles> train, std::unique_ptr<ImageFiles> validation,
            std::unique_ptr<ImageFiles> test, const OpenOptions& options) {
  ImageFiles* const splits[] = {train.get(), validation.get(), test.get()};
  int64_t channels = options.channels, images = 0;
  for (const ImageFiles* split : splits) {
    if (split == nullptr) continue;
    if (channels == 0) channels = split->sampled_channels();
    images += split->size();
  }
  for (ImageFiles* split : splits) {
    if (split != nullptr) split->prepare(channels, options.exif_orientation, options.cache_bytes / images * split->size());
  }
  source.train = std::move(train);
  source.validation = std::move(validation);
  source.test = std::move(test);
}

}  // namespace residual::data
