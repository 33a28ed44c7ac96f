// The only file that includes cudnn-frontend, which takes the compiler long.
#include "backend/cuda/cudnn/convolution_graph.h"

#include <cudnn_frontend.h>

#include <algorithm>

#include "backend/cuda/cudnn/library.h"
#include "core/error.h"

namespace cudnn_frontend {
void* cudnn_dlhandle = nullptr;  // of the library that its calls go to
}

namespace residual::cuda::cudnn {
namespace {

namespace fe = cudnn_frontend;
using Tensor = std::shared_ptr<fe::graph::Tensor_attributes>;
using Dims = std::vector<int64_t>;

constexpr size_t kMostWorkspace = size_t{2} << 30;

fe::DataType_t data_type_of(DType type) {
  switch (type) {
    case DType::kBF16: return fe::DataType_t::BFLOAT16;
    case DType::kF16: return fe::DataType_t::HALF;
    default: return fe::DataType_t::FLOAT;
  }
}

Dims dims_of(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

// Of N,C,H,W stored as N,H,W,C.
Dims channels_last(const Dims& dims) {
  return {dims[1] * dims[2] * dims[3], 1, dims[3] * dims[1], dims[1]};
}

// Handles that no stream uses, by device: making one takes longer than most kernels.
class HandlePool {
 public:
  static HandlePool& instance() {
    static HandlePool pool;
    return pool;
  }
  cudnnHandle_t take(int device) {
    const std::lock_guard lock(mutex_);
    std::vector<cudnnHandle_t>& free = free_[device];
    if (free.empty()) return nullptr;
    const cudnnHandle_t handle = free.back();
    free.pop_back();
    return handle;
  }
  void give(int device, cudnnHandle_t handle) {
    const std::lock_guard lock(mutex_);
    free_[device].push_back(handle);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<int, std::vector<cudnnHandle_t>> free_;
};

// A handle of the library on one stream of the selected device.
class Handle final : public LibraryHandle {
 public:
  Handle(int device, cudaStream_t stream) : handle(HandlePool::instance().take(device)), device_(device) {
    if (handle == nullptr) status = fe::detail::create_handle(&handle);
    if (status == CUDNN_STATUS_SUCCESS) status = fe::detail::set_stream(handle, stream);
  }
  ~Handle() override {
    if (handle != nullptr) HandlePool::instance().give(device_, handle);
  }
  cudnnHandle_t handle;
  cudnnStatus_t status = CUDNN_STATUS_SUCCESS;

 private:
  int device_;
};

KernelStatus status_of(fe::error_t& error) noexcept {  // its getters are not const
  return {KernelStatus::Kind::kDeviceFailed, static_cast<int>(error.get_code()), "cuDNN", "it could not start the engine"};
}

// The graph of one description, and the tensors that a run gives it.
struct Described {
  std::shared_ptr<fe::graph::Graph> graph = std::make_shared<fe::graph::Graph>();
  fe::DataType_t type;

  explicit Described(const ConvolutionGraph& what) : type(data_type_of(what.type)) {
    graph->set_io_data_type(type).set_intermediate_data_type(fe::DataType_t::FLOAT).set_compute_data_type(fe::DataType_t::FLOAT);
    switch (what.direction) {
      case ConvDirection::kForward: forward(what); break;
      case ConvDirection::kBackwardData: backward_data(what.geometry); break;
      case ConvDirection::kBackwardWeights: backward_weights(what.geometry); break;
    }
  }

 private:
  Tensor input(Role role, const Dims& dims) {
    return graph->tensor(fe::graph::Tensor_attributes()
                             .set_uid(static_cast<int64_t>(role) + 1)
                             .set_dim(dims)
                             .set_stride(channels_last(dims))
                             .set_data_type(type));
  }

  void output(Role role, const Tensor& tensor, const Shape& shape) {
    tensor->set_uid(static_cast<int64_t>(role) + 1)
        .set_output(true)
        .set_dim(dims_of(shape))
        .set_stride(channels_last(dims_of(shape)))
        .set_data_type(type);
  }

  template <typename Attributes>
  static Attributes conv(const Conv2dAttrs& attributes) {
    return Attributes()
        .set_padding({attributes.padding.height, attributes.padding.width})
        .set_stride({attributes.stride.height, attributes.stride.width})
        .set_dilation({attributes.dilation.height, attributes.dilation.width});
  }

  Tensor pointwise(fe::PointwiseMode_t mode, const Tensor& a, const Tensor& b) {
    return graph->pointwise(a, b, fe::graph::Pointwise_attributes().set_mode(mode));
  }

  void forward(const ConvolutionGraph& what) {
    const ConvGeometry& geometry = what.geometry;
    const Tensor src = input(Role::kSrc, dims_of(geometry.src)), weight = input(Role::kWeight, dims_of(geometry.weight));
    Tensor dst = graph->conv_fprop(src, weight, conv<fe::graph::Conv_fprop_attributes>(geometry.conv));
    if (what.bias) dst = pointwise(fe::PointwiseMode_t::ADD, dst, input(Role::kBias, {1, geometry.dst_channels(), 1, 1}));
    if (what.addend) dst = pointwise(fe::PointwiseMode_t::ADD, dst, input(Role::kAddend, dims_of(geometry.dst)));
    if (what.relu) dst = graph->pointwise(dst, fe::graph::Pointwise_attributes().set_mode(fe::PointwiseMode_t::RELU_FWD));
    output(Role::kDst, dst, geometry.dst);
  }

  void backward_data(const ConvGeometry& geometry) {
    const Tensor dst = input(Role::kDst, dims_of(geometry.dst)), weight = input(Role::kWeight, dims_of(geometry.weight));
    output(Role::kSrc, graph->conv_dgrad(dst, weight, conv<fe::graph::Conv_dgrad_attributes>(geometry.conv)), geometry.src);
  }

  void backward_weights(const ConvGeometry& geometry) {
    const Tensor dst = input(Role::kDst, dims_of(geometry.dst)), src = input(Role::kSrc, dims_of(geometry.src));
    output(Role::kWeight, graph->conv_wgrad(dst, src, conv<fe::graph::Conv_wgrad_attributes>(geometry.conv)), geometry.weight);
  }
};

class FrontendEngine final : public Engine {
 public:
  FrontendEngine(std::shared_ptr<fe::graph::Graph> graph, int64_t index, std::string name, size_t workspace)
      : graph_(std::move(graph)), index_(index), name_(std::move(name)), workspace_(workspace) {}

  std::string_view name() const noexcept override { return name_; }
  size_t workspace_bytes() const noexcept override { return workspace_; }

  KernelStatus run(CudaStream& stream, const Pointers& pointers, void* workspace) const noexcept override try {
    if (!stream.library()) stream.library() = std::make_unique<Handle>(stream.device().properties().number, stream.handle());
    const auto& library = static_cast<const Handle&>(*stream.library());
    if (library.status != CUDNN_STATUS_SUCCESS)
      return {KernelStatus::Kind::kDeviceFailed, static_cast<int>(library.status), "cuDNN", "it gives no handle"};
    std::unordered_map<int64_t, void*> by_uid;
    for (size_t role = 0; role < pointers.size(); ++role) {
      if (pointers[role] != nullptr) by_uid.emplace(static_cast<int64_t>(role) + 1, pointers[role]);
    }
    fe::error_t error = graph_->execute_plan_at_index(library.handle, by_uid, workspace, index_);
    return error.is_good() ? KernelStatus{} : status_of(error);
  } catch (const std::exception&) {
    return {KernelStatus::Kind::kOutOfMemory, 0, "cuDNN"};
  }

 private:
  std::shared_ptr<fe::graph::Graph> graph_;
  int64_t index_;
  std::string name_;
  size_t workspace_;
};

// Builds the first engines of the list that can be built; deselected ones cannot.
Engines built(const std::shared_ptr<fe::graph::Graph>& graph, size_t most) {
  Engines engines;
  const int64_t listed = graph->get_execution_plan_count();
  for (int64_t index = 0; index < listed && engines.size() < most; ++index) {
    int64_t workspace = 0;
    std::string name;
    if (!graph->build_plan_at_index(index).is_good()) continue;
    if (!graph->get_workspace_size_plan_at_index(index, workspace).is_good() || workspace < 0) continue;
    if (!graph->get_plan_name_at_index(index, name).is_good()) continue;
    engines.push_back(std::make_shared<FrontendEngine>(graph, index, name, static_cast<size_t>(workspace)));
  }
  return engines;
}

}  // namespace

std::string ConvolutionGraph::text() const {
  std::string result =
      fmt::format("{} {} {} {} {} b{} a{} r{}", static_cast<int>(direction), name_of(type), to_string(geometry.src),
                  to_string(geometry.weight), to_string(geometry.dst), bias, addend, relu);
  Attributes attributes = Attributes::of(geometry.conv);
  for (const auto& [field, value] : attributes.fields()) result += fmt::format(" {}={}", field, value);
  return result;
}

// What plans are built for: the GPU of this machine, or one that is described.
struct EngineFinder::Target {
  std::shared_ptr<fe::DeviceProperties> described;
  std::unique_ptr<Handle> handle;

  explicit Target(const CudaDevice& device) {
    const Library& cudnn = library();
    if (!cudnn.problem.empty()) fail(ErrorKind::kResource, "CUDA cannot be used: {}", cudnn.problem);
    fe::cudnn_dlhandle = cudnn.handle;
    if (const std::string& text = device.properties().description; !text.empty()) {
      described = std::make_shared<fe::DeviceProperties>();
      fe::error_t error = described->deserialize({text.begin(), text.end()});
      if (!error.is_good())
        fail(ErrorKind::kUsage, "cuDNN does not understand the description of {}: {}", device.name(), error.get_message());
      return;
    }
    device.select();
    handle = std::make_unique<Handle>(device.properties().number, nullptr);
    if (handle->status != CUDNN_STATUS_SUCCESS) {
      fail(ErrorKind::kResource, "cuDNN {} cannot use {}, status {}: is it made for this driver and GPU?", cudnn.version,
           device.name(), static_cast<int>(handle->status));
    }
  }

  fe::error_t build(fe::graph::Graph& graph) const {
    return described ? graph.build_operation_graph() : graph.build_operation_graph(handle->handle);
  }
};

EngineFinder::EngineFinder(std::shared_ptr<const CudaDevice> device, const CudaArithmetic& arithmetic, size_t most)
    : device_(std::move(device)), arithmetic_(arithmetic), most_(most) {}

EngineFinder::~EngineFinder() = default;

const Engines& EngineFinder::engines(const ConvolutionGraph& graph) {
  const std::lock_guard lock(mutex_);
  const auto [found, fresh] = found_.try_emplace(graph.text());
  if (fresh) found->second = find(graph);
  return found->second;
}

Engines EngineFinder::find(const ConvolutionGraph& graph) {
  device_->select();  // this thread may not have used it yet
  if (!target_) target_ = std::make_unique<Target>(*device_);
  const std::shared_ptr<fe::graph::Graph> made = Described(graph).graph;
  if (target_->described) made->set_device_properties(target_->described);
  if (!made->validate().is_good() || !target_->build(*made).is_good()) return {};
  if (!made->create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK}).is_good()) return {};
  made->deselect_workspace_greater_than(static_cast<int64_t>(kMostWorkspace));
  std::vector<fe::NumericalNote_t> unwanted;
  if (!arithmetic_.tf32 && graph.type == DType::kF32) unwanted.push_back(fe::NumericalNote_t::TENSOR_CORE);
  if (arithmetic_.deterministic) unwanted.push_back(fe::NumericalNote_t::NONDETERMINISTIC);
  made->deselect_numeric_notes(unwanted);
  if (!made->check_support().is_good()) return {};
  return built(made, graph.addend ? 1 : most_);  // engines that add take seconds each: they are compiled at run time
}

}  // namespace residual::cuda::cudnn
