// The same pictures, their classes under other names.
#include <memory>
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

}  // namespace

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
