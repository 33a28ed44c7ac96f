// What the public handles hold.
#pragma once

#include <new>
#include <optional>
#include <system_error>

#include "api/target.h"
#include "data/dataset.h"
#include "eval/model.h"
#include "eval/predict.h"
#include "residual/model.h"

namespace residual {

struct Dataset::Parts {
  data::DataSource source;
};

struct Model::Network {
  eval::Model model;
  models::Initialisation initialisation = models::Initialisation::kHe;
  bool built = false;  ///< here, with random weights: whatever its images are divided by will do until it is trained
  std::optional<eval::Predictor> predictor;  // made when it is first used; refers to `model`

  eval::Predictor& ready_predictor() {
    check_prepared();
    if (!predictor) predictor.emplace(model, make_target());
    return *predictor;
  }
  void check_prepared() const {
    if (model.prepared || built) return;
    fail(ErrorKind::kUsage,
         "the weights of {} do not say how images are prepared for them; say it in LoadOptions::preprocessing, or train them",
         model.architecture.model);
  }
};

/// Runs the body of a public function. What the standard library throws where memory, threads or folders fail becomes an Error;
/// what a caller's own callback throws passes through.
template <typename Body>
auto guarded(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kResource, "out of memory");
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::kResource, error.what());
  }
}

inline Shape to_shape(const ImageShape& shape) {
  return Shape{shape.channels, shape.height, shape.width};
}
inline ImageShape to_public(const Shape& shape) {
  return {shape[0], shape[1], shape[2]};
}

}  // namespace residual
