#include "data/picture_files.h"

#include <algorithm>
#include <thread>

#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/orientation.h"

namespace residual::data {
namespace {
constexpr size_t kMaxPictureFile = size_t{1} << 30;
}

bool has_picture_name(const std::string& name) {
  const std::string end = lower_case(name.substr(std::min(name.rfind('.'), name.size())));
  return end == ".jpg" || end == ".jpeg" || end == ".png";
}

PictureFiles::PictureFiles(std::shared_ptr<const FileTree> tree, PictureListing listing, std::string folder)
    : tree_(std::move(tree)), listing_(std::move(listing)), folder_(std::move(folder)) {
  check_files();
}

void PictureFiles::check_files() const {
  const int threads = static_cast<int>(std::min<int64_t>(allowed_threads(), size()));
  std::atomic<int64_t> first_bad = size();
  const auto check = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (looks_like_picture(tree_->start_of(path(i), 8))) continue;
      int64_t known = first_bad;
      while (i < known && !first_bad.compare_exchange_weak(known, i)) {
      }
      return;
    }
  };
  {
    std::vector<std::jthread> team;
    for (int64_t t = 0; t < threads; ++t) team.emplace_back(check, size() * t / threads, size() * (t + 1) / threads);
  }
  Picture picture;
  // Decoding says what is wrong with it, unless it has become a picture in between.
  if (first_bad < size()) decode(first_bad, 3, picture);
}

int64_t PictureFiles::sampled_channels() const {
  constexpr int64_t kSample = 32;
  const int64_t count = std::min(kSample, size());
  Picture picture;
  for (int64_t i = 0; i < count; ++i) {
    decode(size() * i / count, 0, picture);
    if (picture.channels != 1) return 3;
  }
  return 1;
}

void PictureFiles::prepare(int64_t channels, bool upright, int64_t cache_bytes) {
  channels_ = channels;
  upright_ = upright;
  cache_ = std::make_unique<PictureCache>(size(), cache_bytes);
  Picture first;
  read(0, first);
  shape_ = Shape{first.channels, first.height, first.width};
}

void PictureFiles::decode(int64_t index, int64_t channels, Picture& picture) const {
  const std::vector<std::byte> bytes = tree_->read(path(index), kMaxPictureFile);
  decode_picture(bytes, name(index), channels, picture);
  if (upright_) make_upright(picture, exif_orientation(bytes));
}

void PictureFiles::read(int64_t index, Picture& picture) const {
  if (cache_->find(index, picture)) return;
  decode(index, channels_, picture);
  cache_->keep(index, picture);
}

std::string PictureFiles::description() const {
  return fmt::format("'{}', {} pictures", tree_->where(folder_), size());
}

void finish(DataSource& source, std::unique_ptr<PictureFiles> train, std::unique_ptr<PictureFiles> validation,
            std::unique_ptr<PictureFiles> test, const OpenOptions& options) {
  PictureFiles* const splits[] = {train.get(), validation.get(), test.get()};
  int64_t channels = options.channels, pictures = 0;
  for (const PictureFiles* split : splits) {
    if (split == nullptr) continue;
    if (channels == 0) channels = split->sampled_channels();
    pictures += split->size();
  }
  for (PictureFiles* split : splits) {
    if (split != nullptr) split->prepare(channels, options.exif_orientation, options.cache_bytes / pictures * split->size());
  }
  source.train = std::move(train);
  source.validation = std::move(validation);
  source.test = std::move(test);
}

}  // namespace residual::data
