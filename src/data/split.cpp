// The validation split taken from the training images.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/rng.h"
#include "data/overview/fingerprint.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

class Subset : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> whole, std::vector<int64_t> indices, std::string description)
      : whole_(std::move(whole)), indices_(std::move(indices)), description_(std::move(description)) {}

  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  int64_t label(int64_t index) const override { return whole_->label(at(index)); }
  void read(int64_t index, Image& image) const override { whole_->read(at(index), image); }
  std::string name(int64_t index) const override { return whole_->name(at(index)); }
  const std::vector<std::string>& classes() const override { return whole_->classes(); }
  std::string description() const override { return description_; }
  Shape image_shape() const override { return whole_->image_shape(); }
  std::string fingerprint() const override { return fingerprint_of(*whole_, indices_); }

 private:
  int64_t at(int64_t index) const { return indices_.at(static_cast<size_t>(index)); }

  std::shared_ptr<const Dataset> whole_;
  std::vector<int64_t> indices_;
  std::string description_;
};

}  // namespace

void split_validation(DataSource& source, double val_split, uint64_t seed) {
  std::shared_ptr<const Dataset> whole = std::move(source.train);
  std::vector<std::vector<int64_t>> of_class(whole->classes().size());
  for (int64_t i = 0; i < whole->size(); ++i) of_class[static_cast<size_t>(whole->label(i))].push_back(i);

  std::vector<int64_t> train, validation;
  for (size_t c = 0; c < of_class.size(); ++c) {
    const auto count = static_cast<int64_t>(of_class[c].size());
    // A class keeps at least one training image.
    const auto wanted =
        std::min(static_cast<int64_t>(std::lround(val_split * static_cast<double>(count))), std::max<int64_t>(count - 1, 0));
    const std::vector<int64_t> order = permutation(count, Rng(seed, Purpose::kSplit, c));
    for (int64_t i = 0; i < count; ++i) {
      (i < wanted ? validation : train).push_back(of_class[c][static_cast<size_t>(order[static_cast<size_t>(i)])]);
    }
  }
  if (validation.empty()) {
    fail(ErrorKind::kUsage, "val_split {} of {} training images gives no validation image of any class; choose a larger fraction",
         val_split, whole->size());
  }
  std::sort(train.begin(), train.end());
  std::sort(validation.begin(), validation.end());
  const std::string description = whole->description();
  source.train = std::make_unique<Subset>(whole, std::move(train), description + ", without its validation split");
  source.validation = std::make_unique<Subset>(whole, std::move(validation), description + ", its validation split");
}

}  // namespace residual::data
