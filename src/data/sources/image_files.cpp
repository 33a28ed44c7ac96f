#include "data/sources/image_files.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/error.h"
#include "core/json_text.h"
#include "core/log.h"
#include "core/threads/threads.h"
#include "data/overview/fingerprint.h"
#include "data/overview/pass_cache.h"
#include "image/formats/orientation.h"

namespace residual::data {

namespace {

std::unordered_set<std::string> names_of(const std::vector<BrokenImage>& broken) {
  std::unordered_set<std::string> names;
  for (const BrokenImage& image : broken) names.insert(image.name);
  return names;
}

}  // namespace

ImageFiles::ImageFiles(std::shared_ptr<const FileTree> tree, ImageListing listing, std::string folder)
    : tree_(std::move(tree)), listing_(std::move(listing)), folder_(std::move(folder)) {}

bool ImageFiles::has_unreadable() const {
  return std::ranges::any_of(listing_.images, [](const ListedImage& image) { return image.shape.height == 0; });
}

bool ImageFiles::explain_unreadable(const std::vector<BrokenImage>& broken) const {
  const std::unordered_set<std::string> names = names_of(broken);
  return std::ranges::all_of(listing_.images, [&](const ListedImage& image) {
    return image.shape.height != 0 || names.contains(tree_->where(image.path));
  });
}

std::vector<BrokenImage> ImageFiles::find_broken(bool upright, const PassObserver& observer) {
  const std::string key = fingerprint();
  if (std::optional<std::vector<BrokenImage>> known = remembered_broken(key); known && explain_unreadable(*known)) return *known;
  const auto work = [this, upright](int, int64_t index, Image& image) {
    decode(index, 3, image);
    ListedImage& listed = listing_.images[static_cast<size_t>(index)];
    if (listed.shape.height == 0)
      listed.shape = shape_of_file(*tree_, listed.path, upright).value_or(ImageShape{3, image.height, image.width});
  };
  std::vector<BrokenImage> broken =
      over_images(size(), allowed_threads(), observer, work, [this](int64_t index) { return name(index); });
  remember(key, broken);
  return broken;
}

void ImageFiles::omit(const std::vector<BrokenImage>& broken) {
  const std::unordered_set<std::string> names = names_of(broken);
  std::erase_if(listing_.images, [&](const ListedImage& image) { return names.contains(tree_->where(image.path)); });
  std::vector<int64_t> of_class(listing_.classes.size());
  for (const ListedImage& image : listing_.images) ++of_class[static_cast<size_t>(image.label)];
  for (size_t label = 0; label < of_class.size(); ++label) {
    if (of_class[label] == 0) {
      fail(ErrorKind::kBadFile, "'{}': no image of the class '{}' can be read", tree_->where(folder_),
           printable(listing_.classes[label]));
    }
  }
}

void ImageFiles::prepare(int64_t channels, bool upright, int64_t cache_bytes) {
  channels_ = channels;
  upright_ = upright;
  cache_ = std::make_unique<ImageCache>(size(), cache_bytes);
  for (const ListedImage& image : listing_.images) sizes_.add({image.shape.height, image.shape.width});
  const Size2 usual = sizes_.most_common().first;
  shape_ = Shape{channels, usual.height, usual.width};
}

void ImageFiles::decode(int64_t index, int64_t channels, Image& image) const {
  const std::vector<std::byte> bytes = tree_->read(path(index), kMaxImageFile);
  if (const std::string warning = decode_image(bytes, name(index), channels, image); !warning.empty()) warn_of(warning);
  if (upright_) make_upright(image, exif_orientation(bytes));
}

// The first ones stand for all: a whole data set may come from one program.
void ImageFiles::warn_of(const std::string& warning) const {
  constexpr int kMost = 5;
  const int before = warnings_.fetch_add(1);
  if (before < kMost) warn("{}", warning);
  if (before == kMost) warn("further warnings about images of '{}' are omitted", tree_->where(folder_));
}

void ImageFiles::read(int64_t index, Image& image) const {
  if (cache_->find(index, image)) return;
  decode(index, channels_, image);
  cache_->keep(index, image);
}

std::string ImageFiles::fingerprint() const {
  Fingerprint fingerprint;
  fingerprint.add(fmt::format("{}\n{} {}", tree_->where(folder_), channels_, upright_));
  for (const ListedImage& image : listing_.images) {
    const std::string stamp = tree_->stamp(image.path);
    if (stamp.empty()) return {};
    fingerprint.add(image.path);
    fingerprint.add(stamp);
  }
  return fingerprint.text();
}

std::string ImageFiles::description() const {
  return fmt::format("'{}', {} images", tree_->where(folder_), size());
}

namespace {

using Splits = std::array<ImageFiles*, 3>;

// The images that cannot be read are omitted, or all named in one error.
void settle_broken(DataSource& source, const Splits& splits, const OpenOptions& options) {
  const auto unreadable = [](const ImageFiles* split) { return split != nullptr && split->has_unreadable(); };
  if (!options.skip_broken && std::ranges::none_of(splits, unreadable)) return;
  int64_t images = 0;
  for (ImageFiles* split : splits) {
    if (split == nullptr) continue;
    images += split->size();
    const std::vector<BrokenImage> broken = split->find_broken(options.exif_orientation, options.observer);
    if (options.skip_broken && !broken.empty()) split->omit(broken);
    source.broken.insert(source.broken.end(), broken.begin(), broken.end());
  }
  if (!options.skip_broken) refuse_broken(source.broken, images);
}

// Colour if any image is.
int64_t channels_of(const Splits& splits) {
  const auto colour = [](const ListedImage& image) { return image.shape.channels != 1; };
  const auto has_colour = [&](const ImageFiles* split) {
    return split != nullptr && std::ranges::any_of(split->images(), colour);
  };
  return std::ranges::any_of(splits, has_colour) ? 3 : 1;
}

// What is unusual about the images: one line.
std::string note_of(const DataSource& source, const ImageFiles& first) {
  std::string note;
  const auto add = [&](const std::string& text) {
    if (!text.empty()) note += (note.empty() ? "" : "; ") + text;
  };
  if (first.sizes().different() > 1) {
    const auto [size, images] = first.sizes().most_common();
    add(fmt::format("{} sizes, most often {} x {} ({} of {})", first.sizes().different(), size.width, size.height, images,
                    first.size()));
  }
  add(to_text(source.left_out));
  if (const size_t broken = source.broken.size(); broken > 0)
    add(fmt::format("{} {} omitted", broken, broken == 1 ? "image that cannot be read is" : "images that cannot be read are"));
  return note;
}

}  // namespace

void finish(DataSource& source, std::unique_ptr<ImageFiles> train, std::unique_ptr<ImageFiles> validation,
            std::unique_ptr<ImageFiles> test, const OpenOptions& options) {
  const Splits splits{train.get(), validation.get(), test.get()};
  settle_broken(source, splits, options);
  const int64_t channels = options.channels != 0 ? options.channels : channels_of(splits);
  int64_t images = 0;
  const ImageFiles* first = nullptr;
  for (const ImageFiles* split : splits) {
    if (split == nullptr) continue;
    if (first == nullptr) first = split;
    images += split->size();
    source.left_out.add(split->left_out());
  }
  source.left_out.hidden = first->tree().hidden_files();
  for (ImageFiles* split : splits) {
    if (split != nullptr) split->prepare(channels, options.exif_orientation, options.cache_bytes / images * split->size());
  }
  source.note = note_of(source, *first);
  for (const BrokenImage& image : source.broken) warn("omitted: {}", image.why);
  source.train = std::move(train);
  source.validation = std::move(validation);
  source.test = std::move(test);
}

}  // namespace residual::data
