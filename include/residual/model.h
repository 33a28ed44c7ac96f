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

#include "residual/classes.h"
#include "residual/compile_observer.h"
#include "residual/dataset.h"
#include "residual/export.h"
#include "residual/image.h"
#include "residual/image_files.h"
#include "residual/network.h"
#include "residual/prediction.h"
#include "residual/predictor.h"
#include "residual/training.h"

namespace residual {

/// How well a model does on images whose classes are known.
struct Evaluation {
  int64_t images = 0, correct = 0, correct5 = 0;
  double loss = 0;                              ///< mean cross-entropy an image
  double seconds = 0;                           ///< wall time, loading included
  std::vector<std::vector<int64_t>> confusion;  ///< [true class][predicted class], as the model numbers them
  ClassesBy classes_by = ClassesBy::kNames;     ///< how the data's classes were found among the model's
  std::vector<std::string> unknown_classes;     ///< classes of the data that the model does not have …
  int64_t images_left_out = 0;                  ///< … and the number of their images, which are not evaluated

  double top1() const { return images > 0 ? static_cast<double>(correct) / static_cast<double>(images) : 0; }
  double top5() const { return images > 0 ? static_cast<double>(correct5) / static_cast<double>(images) : 0; }
};

struct EvaluationOptions {
  std::string split;            ///< "train", "validation" or "test"; empty: test, or else the split that exists
  int64_t batch_size = 128;     ///< images that are computed at once
  std::string device = "auto";  ///< see devices()
  int threads = 0;              ///< that compute; 0: see RuntimeOptions
  int loader_threads = 1;       ///< that read and preprocess images ahead
  /// 5: the four corners and the centre of every image, logits averaged; 10: those and their mirror images (Krizhevsky et al.
  /// 2012, section 4.1). 1: the image as it is preprocessed.
  int64_t crops = 1;
  bool tune = true;  ///< times kernels before the first use, where RuntimeOptions::tune allows it
  std::function<void(int64_t done, int64_t all)> on_progress;  ///< images; may throw to stop
  std::function<void(int64_t done, int64_t all)> on_timing;    ///< before the first image, see CompileObserver
  std::function<bool()> stop;                                  ///< asked many times a second: true ends with Error (kInterrupted)
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
  std::string preprocessing;     ///< as LoadOptions::preprocessing; empty: learned from the first training's images
  std::vector<float> mean, std;  ///< in place of `preprocessing`: of each channel, for values in 0 … 1; empty: learned too
  Initialisation initialisation = Initialisation::kHe;
  uint64_t seed = 0;  ///< of the weights
};

/// What a file of weights may not say of itself.
struct LoadOptions {
  std::string name;        ///< the network, or a file that describes it; empty: recognised by the tensors' names and shapes
  NetworkChoices network;  ///< of the network that `name` names, or that is recognised
  std::optional<ImageShape> input;  ///< of the images; empty: as `preprocessing` or the network was published
  std::string preprocessing;  ///< in place of the file's own: "imagenet", "cifar10", … (docs/PREPROCESSING.md lists them), timm's
                              ///< config.json, Hugging Face's preprocessor_config.json, or a file of steps
  std::vector<std::string> labels;  ///< names of the classes in place of the file's own, see read_labels; empty: those
  /// Which of several weights in a file of PyTorch or safetensors, by the keys or names that lead to them: "state_dict_ema",
  /// "model.backbone"; empty: the likeliest, which the log names.
  std::string weights_in;
};

struct SaveOptions {
  bool preprocessing_inside = false;  ///< .onnx: the network itself divides and normalises its images, which it takes as 0 … 255
};

/// A network with its weights, its preprocessing and the names of its classes. A movable handle. Const functions may be called
/// from several threads at once (predict takes turns; a Predictor for each thread does not), but not during train or a move. All
/// functions throw Error: kResource when memory is exhausted, kUsage in a process that was forked after the library had started
/// its threads, besides the errors that each lists.
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
  /// The bytes of a model file (.safetensors), with the same checks. Throws Error as above.
  static Model load(std::span<const std::byte> bytes, const LoadOptions& options = {});

  /// Published weights by one of the names of `residual fetch --list`, "resnet50", with their preprocessing and ImageNet's class
  /// names; downloaded into the cache folder where they are not there. Throws Error: kUsage for an unknown name and in builds
  /// without downloads, kResource where the download fails, and as load.
  static Model published(const std::string& name, const LoadOptions& options = {});

  /// The same network with the same weights for a data set of other classes: where their number differs the head is new, drawn by
  /// `seed`, and everything else is kept, the preprocessing included. The start of transfer learning; see
  /// TrainingOptions::freeze. Throws Error (kUsage) for a network without a classifier of its own.
  Model adapted_to(const Dataset& data, uint64_t seed = 0) const;

  /// Replaces the file as a whole, in the form that its extension names: .safetensors (our model file), .pth or .pt (PyTorch),
  /// .onnx. Throws Error: kUsage for another extension and options that it does not have, kResource when it cannot be written.
  void save(const std::filesystem::path& file, const SaveOptions& options = {}) const;
  /// The bytes of the model file that save writes as .safetensors.
  std::vector<std::byte> to_bytes() const;

  /// Trains from the present weights and keeps the best epoch's; the head is new where only some of the data's classes are the
  /// model's. Without a preprocessing, from a file, options or an earlier training, the mean and standard deviation of the
  /// training images are computed first. Throws Error: kUsage for options that do not fit each other or the data, kNumeric when
  /// the loss is not finite, kInterrupted after options.stop, kBadFile and kResource as files and memory demand; the model is as
  /// it was then.
  TrainingResult train(const Dataset& data, const TrainingOptions& options = {});

  /// The names of the classes decide which is which, exactly or but for case and composed letters; the data may have some of the
  /// model's classes alone, and images of classes that the model does not have are left out. Numbers decide where no name agrees;
  /// the number of classes must be the same then. Images of folders are turned upright where the model's were in training. Throws
  /// Error: kUsage for classes that do not correspond, for data without that split, without a known preprocessing, and for crops
  /// other than 1, 5 and 10 or of a preprocessing without a centre crop; kBadFile when an image cannot be read.
  Evaluation evaluate(const Dataset& data, const EvaluationOptions& options = {}) const;

  /// This model ready to run in one thread, with working memory of its own. Throws Error: kUsage for options out of range,
  /// kInterrupted after observer.stop.
  Predictor predictor(const PredictorOptions& options = {}, const CompileObserver& observer = {}) const;
  /// Compiles the network and times its kernels ahead, so that predictors with these options, here and in later processes, are
  /// made quickly. With the default options predict() is ready then. Throws as predictor does.
  void warm_up(const PredictorOptions& options = {}, const CompileObserver& observer = {}) const;

  /// The `top` likeliest classes for an image file, likeliest first: what a Predictor of the default options gives, one call
  /// at a time. Throws Error: kBadFile for a file that is not an image, kUsage without a known preprocessing.
  std::vector<Prediction> predict(const std::filesystem::path& file, int64_t top = 5) const;
  /// The same for such a file's bytes …
  std::vector<Prediction> predict_encoded(std::span<const std::byte> bytes, int64_t top = 5) const;
  /// … and for pixels.
  std::vector<Prediction> predict(const ImageView& image, int64_t top = 5) const;

  /// Many image files: while the network computes a batch of them, other threads read, decode and preprocess the next. Calls
  /// use(result) for every file, in order, from the calling thread; what it throws ends the prediction. A file that is missing or
  /// no sound image is a result with an error. Throws Error: kUsage for options out of range and without a known preprocessing,
  /// kNumeric when the network's outputs are not finite, kInterrupted after options.stop.
  void predict_files(std::span<const std::filesystem::path> files, const std::function<void(const FilePrediction&)>& use,
                     const PredictFilesOptions& options = {}) const;

  ModelSummary summary() const;
  const std::string& name() const;  ///< "resnet20"
  ImageShape input() const;
  int64_t classes() const;
  const std::vector<std::string>& labels() const;  ///< names of the classes; empty before training; valid until train()

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
