// Times every implementation of every match in a network's training or inference, on its real shapes.
//   bench-kernels --network=resnet20 --batch=128 [--inference] [--threads=N] [--benchmark_filter=…]
// Rates: FLOP/s of convolutions in direct equivalents, bytes/s of the memory that must be read and written.
#include <benchmark/benchmark.h>

#include <cstring>
#include <set>

#include "api/target.h"
#include "core/tensor/tensor.h"
#include "core/threads/threads.h"
#include "passes/fold_batch_norm.h"
#include "runtime/compile/cover.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

struct Timed {
  std::shared_ptr<const Backend> backend;
  Implementation implementation;
  std::shared_ptr<const Kernel> kernel;
  std::vector<TensorType> inputs, outputs;
  double flops = 0;
};

void run(benchmark::State& state, const Timed& timed) {
  std::vector<Buffer> memory;
  std::vector<const std::byte*> inputs;
  std::vector<std::byte*> outputs;
  double bytes = 0;
  const auto take = [&](const TensorType& type, const Layout& layout) {
    memory.emplace_back(bytes_in(type, layout));
    bytes += static_cast<double>(memory.back().size());
    auto* values = reinterpret_cast<float*>(memory.back().data());
    for (size_t i = 0; type.dtype == DType::kF32 && i < memory.back().size() / sizeof(float); ++i)
      values[i] = static_cast<float>(i * 2654435761u % 1024) / 512.f - 1.f;
    return memory.back().data();
  };
  for (size_t i = 0; i < timed.inputs.size(); ++i) inputs.push_back(take(timed.inputs[i], timed.implementation.inputs[i]));
  for (size_t i = 0; i < timed.outputs.size(); ++i) outputs.push_back(take(timed.outputs[i], timed.implementation.outputs[i]));
  const Buffer scratch(timed.implementation.scratch_bytes);
  const BoundKernel kernel(*timed.kernel);
  for (auto _ : state) benchmark::DoNotOptimize(kernel.run(inputs.data(), outputs.data(), scratch.data()));
  const auto rate = benchmark::Counter::kIsIterationInvariantRate;
  if (timed.flops > 0) state.counters["FLOP/s"] = benchmark::Counter(timed.flops, rate);
  state.counters["B/s"] = benchmark::Counter(bytes, rate);
}

std::string title(const Graph& graph, const Match& match, const Implementation& implementation) {
  std::string text = match.what;
  for (const Value& value : match.inputs) {
    if (graph.shape(value).rank() == 4) text += " " + to_string(graph.shape(value));
  }
  return text + " | " + implementation.label;
}

void add_matches(const Graph& graph) {
  const BackendList backends = make_target().backends;
  std::set<std::string> seen;
  const GraphView view(graph);
  for (const Region& region : cover(view, backends)) {
    const auto& [backend, pattern, match] = region.covers.front().front().found.front();
    if (backend != backends.front().get() || region.frozen) continue;
    std::vector<Layout> layouts;
    for (const Value& value : match.inputs) {
      const Shape& shape = graph.shape(value);
      const int64_t block = backend->description().find("AVX-512") != std::string::npos ? 16 : 8;
      layouts.push_back(shape.rank() == 4 && shape[1] % block == 0 ? Layout::blocked(block) : Layout::plain());
    }
    for (const Implementation& implementation : pattern->implementations(graph, match, layouts)) {
      const std::string name = title(graph, match, implementation);
      if (!seen.insert(name).second) continue;
      Timed timed{backends.front(), implementation, implementation.build(), {}, {}, 0};
      if (!timed.kernel) continue;
      for (const Value& value : match.inputs) timed.inputs.push_back(graph.type(value));
      for (const Value& value : match.outputs) timed.outputs.push_back(graph.type(value));
      for (const NodeId id : match.nodes) {
        const Node& node = graph.node(id);
        if (node.op->macs != nullptr) timed.flops += 2.0 * static_cast<double>(node.op->macs(graph, node));
      }
      benchmark::RegisterBenchmark(name.c_str(), [timed](benchmark::State& state) { run(state, timed); })->UseRealTime();
    }
  }
}

// "--batch=128" as "128"; empty when not given.
std::string option(int argc, char** argv, const char* name) {
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], name, std::strlen(name)) == 0) return argv[i] + std::strlen(name);
  }
  return {};
}

int main_of(int argc, char** argv) {
  train::TrainOptions options;
  if (const std::string network = option(argc, argv, "--network="); !network.empty()) options.architecture.model = network;
  options.architecture.input = models::find_model(options.architecture.model).input;
  if (const std::string batch = option(argc, argv, "--batch="); !batch.empty()) options.batch_size = std::stoi(batch);
  const std::string threads = option(argc, argv, "--threads=");
  set_team_size(threads.empty() ? allowed_threads() : std::stoi(threads));
  const bool inference = std::any_of(argv, argv + argc, [](const char* word) { return std::strcmp(word, "--inference") == 0; });
  add_matches(inference ? fold_batch_norm(models::inference_graph(options.architecture, options.batch_size))
                        : train::training_graph(options));
  benchmark::AddCustomContext("processor", make_target().backends.front()->description());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace residual

int main(int argc, char** argv) {
  try {
    return residual::main_of(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-kernels: %s\n", error.what());
    return 1;
  }
}
