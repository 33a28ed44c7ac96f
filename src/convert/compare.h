// Two models on the same inputs: how far apart their answers are, and where they part.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convert/load.h"
#include "data/dataset.h"
#include "eval/model.h"
#include "runtime/target.h"

namespace residual::convert {

struct CompareOptions {
  int64_t batch_size = 8;
  int64_t images = 1000;  ///< at most so many of the data; without data one batch of random numbers
  Target target;
  /// Logits that differ by more than this part of the largest are different. Float32 in another order of summation stays at
  /// 1e-5 in the deepest networks of the model table.
  double tolerance = 1e-4;
  /// Each model prepares the images itself, for two with different preprocessing; without data they are images of random
  /// bytes. Layers are not compared then.
  bool own_preprocessing = false;
};

/// Two runs of both models with one batch size.
struct BatchComparison {
  int64_t batch_size = 0, images = 0;
  double absolute = 0;  ///< largest difference of two logits
  double relative = 0;  ///< the same over the largest logit of the first model
  int64_t agree = 0;    ///< images with the same likeliest class
};

/// The first layer of the second model whose output no layer of the first has.
struct LayerDifference {
  std::string name, kind;          ///< "layer1.0.conv2", "conv2d"
  Shape output;                    ///< without the batch
  std::optional<double> relative;  ///< to the layer of that name and kind in the first model, where it has one
};

/// How the images were prepared that two models were compared on.
enum class Prepared : uint8_t { kAlike, kByTheFirst, kByEach };
std::string_view name_of(Prepared prepared);  ///< "alike", "by the first", "by each"

struct Comparison {
  std::vector<BatchComparison> batches;  ///< batch size 1, then options.batch_size
  std::optional<LayerDifference> first;  ///< looked for when the logits are different
  bool same = false;                     ///< within the tolerance, and the same likeliest classes
  Prepared prepared = Prepared::kAlike;
};

/// Runs both on the same inputs: images of `dataset` as `a` prepares them, or random numbers where it is null. The layers are
/// those of the networks in inference without anything folded. Throws Error (kUsage) when the models differ in input or classes.
Comparison compare(eval::Model& a, eval::Model& b, const data::Dataset* dataset, const CompareOptions& options);

/// A model whose file does not say how images are prepared takes them as the other does. Throws Error (kUsage) naming the model's
/// path where its network does not take such images.
void share_preprocessing(LoadedModel& a, const std::filesystem::path& a_path, LoadedModel& b,
                         const std::filesystem::path& b_path);

/// Compares two models with different preprocessing on images as the first prepares them and, where they differ then, as each
/// does: one network may contain steps that the other has in its preprocessing.
Comparison compare_as_prepared(LoadedModel& a, LoadedModel& b, const data::Dataset* dataset, CompareOptions options);

}  // namespace residual::convert
