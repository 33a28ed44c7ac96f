// The same pictures, their classes under other names or in another order.
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "core/error.h"
#include "data/sources.h"

namespace residual::data {
namespace {

class Renamed : public Dataset {
 public:
  Renamed(std::unique_ptr<Dataset> inner, std::shared_ptr<const std::vector<std::string>> names)
      : inner_(std::move(inner)), names_(std::move(names)) {}

  int64_t size() const override { return inner_->size(); }
  int64_t label(int64_t index) const override { return inner_->label(index); }
  void read(int64_t index, Picture& picture) const override { inner_->read(index, picture); }
  std::string name(int64_t index) const override { return inner_->name(index); }
  const std::vector<std::string>& classes() const override { return *names_; }
  std::string description() const override { return inner_->description(); }
  Shape picture_shape() const override { return inner_->picture_shape(); }

 private:
  std::unique_ptr<Dataset> inner_;
  std::shared_ptr<const std::vector<std::string>> names_;
};

class Reordered : public Dataset {
 public:
  Reordered(const Dataset& inner, std::vector<std::string> classes, std::vector<int64_t> place)
      : inner_(inner), classes_(std::move(classes)), place_(std::move(place)) {}

  int64_t size() const override { return inner_.size(); }
  int64_t label(int64_t index) const override { return place_[static_cast<size_t>(inner_.label(index))]; }
  void read(int64_t index, Picture& picture) const override { inner_.read(index, picture); }
  std::string name(int64_t index) const override { return inner_.name(index); }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string description() const override { return inner_.description(); }
  Shape picture_shape() const override { return inner_.picture_shape(); }

 private:
  const Dataset& inner_;
  std::vector<std::string> classes_;
  std::vector<int64_t> place_;  // of each of the data's classes among these
};

}  // namespace

std::unique_ptr<Dataset> reordered(const Dataset& dataset, const std::vector<std::string>& classes) {
  std::map<std::string, int64_t> index;
  for (const std::string& name : classes) index.emplace(name, static_cast<int64_t>(index.size()));
  if (dataset.classes() == classes || dataset.classes().size() != classes.size() || index.size() != classes.size())
    return nullptr;
  std::vector<int64_t> place;
  for (const std::string& name : dataset.classes()) {
    const auto found = index.find(name);
    if (found == index.end()) return nullptr;
    place.push_back(found->second);
  }
  if (std::set(place.begin(), place.end()).size() != place.size()) return nullptr;  // two of one name
  return std::make_unique<Reordered>(dataset, classes, std::move(place));
}

void rename_classes(DataSource& source, const std::vector<std::string>& names) {
  if (names.size() != source.classes().size()) {
    fail(ErrorKind::kUsage, "{} names of classes were given, the data has {} classes ({})", names.size(), source.classes().size(),
         source.found);
  }
  const auto shared = std::make_shared<const std::vector<std::string>>(names);
  for (std::unique_ptr<Dataset>* split : {&source.train, &source.validation, &source.test}) {
    if (*split) *split = std::make_unique<Renamed>(std::move(*split), shared);
  }
}

}  // namespace residual::data
