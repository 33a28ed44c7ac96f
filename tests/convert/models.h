// A small model with random weights.
#pragma once

#include <string>
#include <vector>

#include "eval/model.h"

namespace residual::convert {

inline eval::Model some_model(const std::string& name = "resnet8", const Shape& input = Shape{3, 8, 8}, uint64_t seed = 7) {
  models::Architecture architecture;
  architecture.model = name;
  architecture.input = input;
  architecture.classes = 5;
  const std::vector<float> mean(static_cast<size_t>(input[0]), 0.5F), std(static_cast<size_t>(input[0]), 0.25F);
  State state = initial_state(models::inference_graph(architecture, 1), seed);
  return {architecture, data::Preprocessing::standard(input, mean, std), {}, std::move(state), {}};
}

}  // namespace residual::convert
