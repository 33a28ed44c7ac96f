// The same images, or some of them, with classes under other names or in another order.
#include <memory>
#include <utility>

#include "core/error.h"
#include "data/overview/fingerprint.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

class Relabelled : public Dataset {
 public:
  Relabelled(std::shared_ptr<const Dataset> inner, std::shared_ptr<const std::vector<std::string>> names)
      : inner_(std::move(inner)), names_(std::move(names)) {}
  // place: the index in `names` of each of the data's classes, -1 for those whose images are left out.
  Relabelled(std::shared_ptr<const Dataset> inner, std::shared_ptr<const std::vector<std::string>> names,
             std::vector<int64_t> place)
      : inner_(std::move(inner)),
        names_(std::move(names)),
        place_(std::move(place)),
        images_(images_with_place(*inner_, place_)) {}

  int64_t size() const override { return place_.empty() ? inner_->size() : static_cast<int64_t>(images_.size()); }
  int64_t label(int64_t index) const override {
    const int64_t label = inner_->label(image(index));
    return place_.empty() ? label : place_[static_cast<size_t>(label)];
  }
  void read(int64_t index, Image& image) const override { inner_->read(this->image(index), image); }
  std::string name(int64_t index) const override { return inner_->name(image(index)); }
  const std::vector<std::string>& classes() const override { return *names_; }
  std::string description() const override { return inner_->description(); }
  Shape image_shape() const override { return inner_->image_shape(); }
  std::string fingerprint() const override { return place_.empty() ? inner_->fingerprint() : fingerprint_of(*inner_, images_); }

 private:
  int64_t image(int64_t index) const { return place_.empty() ? index : images_[static_cast<size_t>(index)]; }

  std::shared_ptr<const Dataset> inner_;
  std::shared_ptr<const std::vector<std::string>> names_;
  std::vector<int64_t> place_;   // empty: the same numbers
  std::vector<int64_t> images_;  // unless `place_` is empty: the indices in `inner_`
};

}  // namespace

std::vector<int64_t> images_with_place(const Dataset& dataset, const std::vector<int64_t>& place) {
  std::vector<int64_t> images;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    if (place[static_cast<size_t>(dataset.label(i))] >= 0) images.push_back(i);
  }
  return images;
}

std::unique_ptr<Dataset> relabelled(const Dataset& dataset, std::vector<std::string> classes, std::vector<int64_t> place) {
  const std::shared_ptr<const Dataset> lent(&dataset, [](const Dataset*) {});
  return std::make_unique<Relabelled>(lent, std::make_shared<const std::vector<std::string>>(std::move(classes)),
                                      std::move(place));
}

void rename_classes(DataSource& source, const std::vector<std::string>& names) {
  if (names.size() != source.classes().size()) {
    fail(ErrorKind::kUsage, "there are {} class names, the data has {} classes ({})", names.size(), source.classes().size(),
         source.found);
  }
  const auto shared = std::make_shared<const std::vector<std::string>>(names);
  for (std::unique_ptr<Dataset>* split : {&source.train, &source.validation, &source.test}) {
    if (*split) *split = std::make_unique<Relabelled>(std::move(*split), shared);
  }
}

}  // namespace residual::data
