// The accuracy and loss of a model on a data set.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/loading/loader.h"
#include "eval/classes.h"
#include "eval/inference.h"
#include "eval/model.h"

namespace residual::eval {

/// An image that was classified wrongly.
struct Mistake {
  int64_t index = 0;       ///< in the data set
  int64_t label = 0;       ///< the right class
  int64_t predicted = 0;   ///< the likeliest one
  double probability = 0;  ///< of that one
  double loss = 0;         ///< cross-entropy
};

struct Evaluation {
  int64_t images = 0;
  int64_t correct = 0;                          ///< the likeliest class is the right one
  int64_t correct5 = 0;                         ///< the right class is among the five likeliest
  double loss = 0;                              ///< mean cross-entropy an image, without label smoothing
  double seconds = 0;                           ///< wall time, loading included
  std::vector<std::vector<int64_t>> confusion;  ///< [true class][predicted class]
  std::vector<Mistake> worst;                ///< the mistakes of the highest loss, highest first; at most EvaluateOptions::worst
  ClassesBy classes_by = ClassesBy::kNames;  ///< how the data's classes were found among the model's
  std::vector<std::string> unknown_classes;  ///< classes of the data that the model does not have …
  int64_t images_left_out = 0;               ///< … and the number of their images, which are not evaluated

  double top1() const { return images ? static_cast<double>(correct) / static_cast<double>(images) : 0; }
  double top5() const { return images ? static_cast<double>(correct5) / static_cast<double>(images) : 0; }
  double images_per_second() const { return seconds > 0 ? static_cast<double>(images) / seconds : 0; }
};

/// The scores of a batch of logits; ties go to the class of the lower index, as in PyTorch. Throws Error (kNumeric) when one is
/// not finite. logits: count rows of `classes`.
struct BatchScore {
  int64_t correct = 0, correct5 = 0;
  double loss_sum = 0;  ///< sum over the images of cross-entropy
};
/// mistakes: those of this batch are appended, index counting from the batch's first image.
BatchScore score(std::span<const float> logits, std::span<const int64_t> labels, int64_t classes,
                 std::vector<std::vector<int64_t>>* confusion = nullptr, std::vector<Mistake>* mistakes = nullptr);

/// Throws Error (kUsage) when the data has another number of classes than the network.
void check_classes(const data::Dataset& dataset, int64_t classes);

struct EvaluateOptions {
  Target target;
  int64_t batch_size = 128;  ///< at most; evaluate() takes no larger batches than the data set has images
  int loader_threads = 1;
  /// 5: the four corners and the centre of every preprocessed image; 10: those and their mirror images (Krizhevsky et al. 2012,
  /// section 4.1, as torchvision's FiveCrop and TenCrop cut). The logits of an image's crops are averaged, as torchvision
  /// documents it. 1: the image as it is preprocessed.
  int64_t crops = 1;
  int64_t worst = 0;                                        ///< how many of the worst mistakes to keep
  KernelChoices choices;                                    ///< kernel choices to repeat, see Plan::choices
  std::function<void(int64_t done, int64_t all)> progress;  ///< called now and then from the calling thread; may throw to stop
  Stop stop;                                                ///< asked many times a second: true ends with Error (kInterrupted)
};

/// Runs a network on data sets; made once, used as often as the State changes.
class Evaluator {
 public:
  /// `state` must outlive the evaluator and hold the network's Variables. `options.crops` is not used: see run().
  Evaluator(const models::Architecture& architecture, const data::Preprocessing& preprocessing, const State& state,
            EvaluateOptions options);

  /// The last batch may be partial; nothing is dropped. Throws what reading the data throws.
  Evaluation run(const data::Dataset& dataset);
  /// The same with every image preprocessed in each of these ways: its logits are averaged, then scored. One pass over the data a
  /// view; memory for one float an image and class when there are several.
  Evaluation run(const data::Dataset& dataset, std::span<const data::Preprocessing> views);

  const Plan& plan() const noexcept { return inference_.plan(); }

 private:
  using Use = std::function<void(const data::Batch&, std::span<const float> logits)>;
  void pass(const data::Dataset& dataset, const data::Preprocessing& view, const Use& use);
  void count(const data::Batch& batch, std::span<const float> logits, Evaluation& result) const;

  int64_t classes_;
  data::Preprocessing preprocessing_;
  EvaluateOptions options_;
  SharedInference shared_;
  Inference inference_;
};

/// Classes are matched as match_classes does; images of classes that the model does not have are left out, with a warning. Labels
/// and the confusion matrix count as the model does. Throws Error (kUsage) as match_classes does, and for crops other than 1, 5
/// and 10 or of a preprocessing without a centre crop.
Evaluation evaluate(const Model& model, const data::Dataset& dataset, EvaluateOptions options);

}  // namespace residual::eval
