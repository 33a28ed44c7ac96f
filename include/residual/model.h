// Image classifiers: built or loaded, trained, evaluated, used, saved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "residual/dataset.h"
#include "residual/export.h"
#include "residual/image.h"
#include "residual/network.h"
#include "residual/training.h"

namespace residual {

/// One guess for one image.
struct Prediction {
  int64_t index = 0;       ///< the class
  std::string label;       ///< its name; its number where the model has no names
  double probability = 0;  ///< softmax, 0 … 1
};

/// How well a model does on images whose classes are known.
struct Evaluation {
  int64_t images = 0, correct = 0, correct5 = 0;
  double loss = 0;                              ///< mean cross-entropy an image
  double seconds = 0;                           ///< wall time, loading included
  std::vector<std::vector<int64_t>> confusion;  ///< [true class][predicted class], by the model's numbers of them

  double top1() const { return images > 0 ? static_cast<double>(correct) / static_cast<double>(images) : 0; }
  double top5() const { return images > 0 ? static_cast<double>(correct5) / static_cast<double>(images) : 0; }
};

struct EvaluationOptions {
  std::string split;  ///< "train", "validation" or "test"; empty: test, or else what there is
  int64_t batch_size = 128;
  int threads = 0;  ///< 0: what the machine or its container allows
  int loader_threads = 1;
  std::function<void(int64_t done, int64_t all)> on_progress;  ///< images; may throw to stop
};

/// A network, layer by layer.
struct ModelSummary {
  struct Layer {
    std::string name;             ///< as its tensors are named in the file
    std::string kind;             ///< "conv2d", "batch_norm", "linear", …
    std::vector<int64_t> output;  ///< C,H,W or C, without the batch
    int64_t parameters = 0, macs = 0;
  };
  std::vector<Layer> layers;  ///< in order of computation
  int64_t parameters = 0;     ///< trained ones
  int64_t macs = 0;           ///< multiply-adds for one image
};

struct BuildOptions {
  ImageShape input;      ///< images are resized to it, whatever a description says
  int64_t classes = 10;  ///< at least 2; the same
  NetworkChoices network;
  std::string preprocessing;          ///< as LoadOptions::preprocessing; empty: learned from the first training's images
  std::string initialisation = "he";  ///< "he", "glorot" or "torch" (PyTorch's defaults)
  uint64_t seed = 0;                  ///< of the weights
};

/// What a file of weights does not say of itself.
struct LoadOptions {
  std::string name;        ///< the network, or a file that describes it; empty: recognised by the tensors' names and shapes
  NetworkChoices network;  ///< of the network that `name` says
  std::optional<ImageShape> input;  ///< of the images; empty: as `preprocessing` or the network was published
  std::string preprocessing;  ///< in place of what the file says: "imagenet", "cifar10", … (docs/TRAINING.md lists them), timm's
                              ///< config.json, Hugging Face's preprocessor_config.json, or a file of steps
};

/// A network with its weights, its way to prepare an image and the names of its classes. A movable handle; one thread at a time.
/// All functions throw Error; kResource when memory is exhausted, besides what is said at each.
class RESIDUAL_API Model {
 public:
  /// A network of model_names(), or one that a file (.json, .toml) describes, with random weights. Throws Error: kUsage for an
  /// unknown name and options out of range, kBadFile for the description.
  static Model build(const std::string& name, const BuildOptions& options = {});
  /// The same, fit for a data set: its classes, and its images' size up to 64 pixels (else the size it was published for).
  static Model build(const std::string& name, const Dataset& data);
  /// A model file, or weights of another program: PyTorch's .pth in both its formats, safetensors, ONNX, a Hugging Face folder.
  /// Throws Error: kBadFile, with a table of what differs, when it is missing, damaged or not the network's; kUsage where options
  /// contradict it.
  static Model load(const std::filesystem::path& file, const LoadOptions& options = {});

  /// The same network with the same weights for a data set of other classes: where their number differs the head is new, drawn by
  /// `seed`, and everything else is kept, the way to prepare images included. The start of transfer learning; see
  /// TrainingOptions::freeze.
  Model adapted_to(const Dataset& data, uint64_t seed = 0) const;

  /// Replaces the file as a whole, in the form that its name's end says: .safetensors (our model file), .pth or .pt (PyTorch),
  /// .onnx. Throws Error: kUsage for another end, kResource when it cannot be written.
  void save(const std::filesystem::path& file) const;

  /// Trains from the present weights and keeps the best epoch's. Where nobody has said how images are prepared, neither a file
  /// nor options nor a training before, the mean and standard deviation of the training images are learned first. Throws Error:
  /// kUsage for options that do not fit each other or the data, kNumeric when the loss is not finite, kInterrupted after
  /// options.stop, kBadFile and kResource as files and memory demand; the model is as it was then.
  TrainingResult train(const Dataset& data, const TrainingOptions& options = {});

  /// Throws Error: kUsage when the data has other classes or no such split, or when neither the file nor LoadOptions said how
  /// images are prepared; kBadFile when an image cannot be read.
  Evaluation evaluate(const Dataset& data, const EvaluationOptions& options = {});

  /// The `top` likeliest classes for a JPEG or PNG file, likeliest first. Throws Error: kBadFile for what is no image, kUsage
  /// as evaluate does.
  std::vector<Prediction> predict(const std::filesystem::path& file, int64_t top = 5);
  /// The same for such a file's bytes …
  std::vector<Prediction> predict_encoded(std::span<const std::byte> bytes, int64_t top = 5);
  /// … and for pixels. Throws Error (kUsage) when shape and bytes do not fit each other.
  std::vector<Prediction> predict(const ImageView& image, int64_t top = 5);

  ModelSummary summary() const;
  const std::string& name() const;  ///< "resnet20"
  ImageShape input() const;
  int64_t classes() const;
  const std::vector<std::string>& labels() const;  ///< names of the classes; empty before training

  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

 private:
  struct Network;
  explicit Model(std::unique_ptr<Network> network);
  std::unique_ptr<Network> network_;
};

/// The networks there are. Families take any depth beside those listed: "resnetN" and "plainN" N = 6n+2 ("resnet50" and
/// "resnet152" are ImageNet's); docs/NETWORKS.md has the others.
RESIDUAL_API std::vector<std::string> model_names();

}  // namespace residual
