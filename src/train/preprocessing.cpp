#include <algorithm>

#include "data/info.h"
#include "train/trainer.h"

namespace residual::train {
namespace {

// Every n-th image of a data set, which bounds the cost of the statistics of a large one.
class EveryNth final : public data::Dataset {
 public:
  EveryNth(const data::Dataset& all, int64_t nth) : all_(all), nth_(nth) {}
  int64_t size() const override { return (all_.size() + nth_ - 1) / nth_; }
  int64_t label(int64_t index) const override { return all_.label(index * nth_); }
  void read(int64_t index, Image& image) const override { all_.read(index * nth_, image); }
  std::string name(int64_t index) const override { return all_.name(index * nth_); }
  const std::vector<std::string>& classes() const override { return all_.classes(); }
  std::string description() const override { return all_.description(); }
  Shape image_shape() const override { return all_.image_shape(); }

 private:
  const data::Dataset& all_;
  int64_t nth_;
};

}  // namespace

data::Preprocessing standard_preprocessing(const Shape& input_chw, const data::Dataset& train, int threads) {
  constexpr int64_t kEnough = 50'000;
  const EveryNth sample(train, std::max<int64_t>(1, (train.size() + kEnough - 1) / kEnough));
  const data::SplitInfo info = data::inspect(sample, threads);
  std::vector<float> mean, std;
  for (int64_t channel = 0; channel < input_chw[0]; ++channel) {
    // A colour network repeats the channel of grey images; a grey network averages the channels of colour images.
    const auto from = static_cast<size_t>(std::min(channel, info.channels - 1));
    mean.push_back(static_cast<float>(info.mean[from]));
    std.push_back(static_cast<float>(std::max(info.std[from], 1e-3)));  // a constant channel becomes zero, not NaN
  }
  return data::Preprocessing::standard(input_chw, mean, std);
}

}  // namespace residual::train
