#include "train/options/preprocessing.h"

#include <algorithm>

namespace residual::train {

data::Preprocessing standard_preprocessing(const Shape& input_chw, const data::SplitInfo& train) {
  std::vector<float> mean, std;
  for (int64_t channel = 0; channel < input_chw[0]; ++channel) {
    // A colour network repeats the channel of grey images; a grey network averages the channels of colour images.
    const auto from = static_cast<size_t>(std::min(channel, train.channels - 1));
    mean.push_back(static_cast<float>(train.mean[from]));
    std.push_back(static_cast<float>(std::max(train.std[from], 1e-3)));  // a constant channel becomes zero, not NaN
  }
  return data::Preprocessing::standard(input_chw, mean, std);
}

}  // namespace residual::train
