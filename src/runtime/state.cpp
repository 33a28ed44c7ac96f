#include "runtime/state.h"

#include "core/fnv1a.h"
#include "core/rng.h"
#include "core/tensor/float16.h"

namespace residual {
namespace {

// Every name has its own stream of random numbers.
uint64_t hash_of(std::string_view name) {
  Fnv1a hash;
  hash.add(name);
  return hash.value();
}

double draw(const Initializer& initializer, Rng& rng) {
  switch (initializer.kind) {
    case Initializer::Kind::kConstant: return initializer.amount;
    case Initializer::Kind::kNormal: return initializer.amount * rng.normal();
    case Initializer::Kind::kUniform: return rng.uniform(-initializer.amount, initializer.amount);
  }
  return 0;
}

template <typename T>
void fill(Tensor& tensor, const Variable& variable, Rng rng) {
  for (T& element : tensor.as<T>()) element = static_cast<T>(draw(variable.initializer, rng));
}

}  // namespace

Tensor& State::at(const std::string& name) {
  return const_cast<Tensor&>(std::as_const(*this).at(name));
}

const Tensor& State::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(ErrorKind::kUsage, "the model's state has no tensor called '{}'", name);
  return found->second;
}

void initialise(State& state, const Graph& graph, uint64_t seed) {
  for (const auto& [name, variable] : graph.variables()) {
    if (state.contains(name)) continue;
    Tensor tensor(variable.type.dtype, variable.type.shape);
    const Rng rng(seed, Purpose::kInitialise, hash_of(name));
    switch (variable.type.dtype) {
      case DType::kF32: fill<float>(tensor, variable, rng); break;
      case DType::kF64: fill<double>(tensor, variable, rng); break;
      case DType::kF16: fill<Float16>(tensor, variable, rng); break;
      case DType::kBF16: fill<BFloat16>(tensor, variable, rng); break;
      default:
        fail(ErrorKind::kUsage, "variable '{}' has elements of {}, which cannot be drawn", name, name_of(variable.type.dtype));
    }
    state.set(name, std::move(tensor));
  }
}

State initial_state(const Graph& graph, uint64_t seed) {
  State state;
  initialise(state, graph, seed);
  return state;
}

}  // namespace residual
