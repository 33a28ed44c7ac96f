// The same images with classes under other names or in another order.
#include <memory>
#include <optional>
#include <utility>

#include "core/error.h"
#include "data/labels.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

class Relabelled : public Dataset {
 public:
  // place: the index in `names` of each of the data's classes; empty: the same index.
  Relabelled(std::shared_ptr<const Dataset> inner, std::shared_ptr<const std::vector<std::string>> names,
             std::vector<int64_t> place = {})
      : inner_(std::move(inner)), names_(std::move(names)), place_(std::move(place)) {}

  int64_t size() const override { return inner_->size(); }
  int64_t label(int64_t index) const override {
    const int64_t label = inner_->label(index);
    return place_.empty() ? label : place_[static_cast<size_t>(label)];
  }
  void read(int64_t index, Image& image) const override { inner_->read(index, image); }
  std::string name(int64_t index) const override { return inner_->name(index); }
  const std::vector<std::string>& classes() const override { return *names_; }
  std::string description() const override { return inner_->description(); }
  Shape image_shape() const override { return inner_->image_shape(); }

 private:
  std::shared_ptr<const Dataset> inner_;
  std::shared_ptr<const std::vector<std::string>> names_;
  std::vector<int64_t> place_;
};

}  // namespace

std::unique_ptr<Dataset> reordered(const Dataset& dataset, const std::vector<std::string>& classes) {
  std::optional<std::vector<int64_t>> place = places_of(dataset.classes(), classes);
  if (!place) return nullptr;
  const std::shared_ptr<const Dataset> lent(&dataset, [](const Dataset*) {});
  return std::make_unique<Relabelled>(lent, std::make_shared<const std::vector<std::string>>(classes), std::move(*place));
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
