// Training steps of a tiny network on random images, on the reference backend.
#pragma once

#include "core/rng.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "train/options/options.h"
#include "train/step/moving_average.h"
#include "train/step/training_graph.h"

namespace residual::train {

inline models::Architecture tiny(int64_t classes, const std::string& model = "resnet8") {
  models::Architecture architecture;
  architecture.model = model;
  architecture.input = Shape{3, 8, 8};
  architecture.classes = classes;
  return architecture;
}

inline TrainOptions options_for(const models::Architecture& architecture) {
  TrainOptions options;
  options.architecture = architecture;
  options.batch_size = 4;
  options.weight_decay = 0;
  return options;
}

/// The state that a run with these options begins with, always from the same first weights.
inline State first_state(const TrainOptions& options) {
  const Graph graph = training_graph(options);
  State state = initial_state(graph, 5);
  start_moving_average(state, graph);
  return state;
}

/// The state after that many steps at a learning rate of 0.1.
inline State after_steps(const TrainOptions& options, int64_t steps) {
  State state = first_state(options);
  Session session(compile(training_graph(options), support::reference_target(1)), state);
  Rng rng(1, Purpose::kTest);
  for (float& pixel : session.input<float>("images")) pixel = static_cast<float>(rng.normal());
  int64_t label = 0;
  for (int64_t& value : session.input<int64_t>("labels")) value = label++ % options.architecture.classes;
  session.input<double>("learning_rate")[0] = 0.1;
  for (int64_t step = 1; step <= steps; ++step) {
    session.input<int64_t>("step")[0] = step;
    session.run();
  }
  return state;
}

inline bool same(const State& a, const State& b, const std::string& name) {
  return std::ranges::equal(a.at(name).as<float>(), b.at(name).as<float>());
}

}  // namespace residual::train
