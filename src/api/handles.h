// What the public handles hold.
#pragma once

#include <memory>
#include <mutex>
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
  std::optional<data::OpenOptions> opened;  ///< how; none: from memory
};

struct Predictor::Ready {
  eval::Predictor predictor;
  bool takes_bytes;  ///< whether the preprocessing is known
};

struct Model::Network {
  std::shared_ptr<const eval::Model> model;  ///< never changed, so that predictors may go on with it; replaced by training
  std::shared_ptr<eval::SharedInference> inference;  ///< of model->state, for all its predictors
  models::Initialisation initialisation = models::Initialisation::kHe;
  bool built = false;                    ///< here, with random weights: any preprocessing will do until it is trained
  std::timed_mutex mutex;                ///< of `predictor`
  std::unique_ptr<Predictor> predictor;  ///< of predict(), made when it is first used

  Network(eval::Model held, models::Initialisation start, bool is_built)
      : model(std::make_shared<const eval::Model>(std::move(held))),
        inference(std::make_shared<eval::SharedInference>(model->architecture, model->state)),
        initialisation(start),
        built(is_built) {}
  bool preprocessing_known() const { return model->preprocessing_known || built; }
  /// Calls use(predictor) with that of predict(); one thread at a time.
  template <typename Use>
  auto with_predictor(const Model& owner, Use&& use) {
    const std::lock_guard lock(mutex);
    if (!predictor) predictor = std::make_unique<Predictor>(owner.predictor());
    return use(*predictor);
  }
  void replace(eval::Model by) {
    const std::lock_guard lock(mutex);
    predictor.reset();
    model = std::make_shared<const eval::Model>(std::move(by));
    inference = std::make_shared<eval::SharedInference>(model->architecture, model->state);
  }
};

/// Throws Error (kUsage): the preprocessing of this model is unknown, and what to do about it.
[[noreturn]] void refuse_bytes(const eval::Model& model);

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
