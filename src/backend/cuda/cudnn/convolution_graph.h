// Convolutions as graphs of cuDNN, on images and weights in channels-last order, and the engines that run them.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/convolution_geometry.h"
#include "backend/cuda/cuda.h"
#include "backend/cuda/device/stream.h"

namespace residual::cuda::cudnn {

/// What one graph computes: of the forward direction dst = relu(conv2d(src, weight) + bias + addend), without the parts that are
/// absent. All tensors have one type; sums are float32.
struct ConvolutionGraph {
  ConvDirection direction = ConvDirection::kForward;
  ConvGeometry geometry;
  DType type = DType::kF32;
  bool bias = false, addend = false, relu = false;

  /// Equal texts, equal graphs.
  std::string text() const;
};

/// A tensor of a graph.
enum class Role : uint8_t { kSrc, kWeight, kBias, kAddend, kDst };
using Pointers = std::array<void*, 5>;  // by Role; null: not in the graph

/// One of cuDNN's engines for one graph, ready to run. May run in several streams at once.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const noexcept = 0;
  virtual size_t workspace_bytes() const noexcept = 0;
  virtual KernelStatus run(CudaStream& stream, const Pointers& pointers, void* workspace) const noexcept = 0;
};
using Engines = std::vector<std::shared_ptr<const Engine>>;

/// Finds engines for one device, once for each graph.
class EngineFinder {
 public:
  /// most: engines of one graph, which are built and timed.
  EngineFinder(std::shared_ptr<const CudaDevice> device, const CudaArithmetic& arithmetic, size_t most = 4);
  ~EngineFinder();

  /// The best guess first; empty where cuDNN has none. Throws Error (kResource) where the device cannot be used.
  const Engines& engines(const ConvolutionGraph& graph);

 private:
  struct Target;
  Engines find(const ConvolutionGraph& graph);

  std::shared_ptr<const CudaDevice> device_;
  CudaArithmetic arithmetic_;
  size_t most_;
  std::mutex mutex_;
  std::unique_ptr<Target> target_;
  std::unordered_map<std::string, Engines> found_;
};

}  // namespace residual::cuda::cudnn
