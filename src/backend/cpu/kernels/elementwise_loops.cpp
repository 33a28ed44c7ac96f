#include "backend/cpu/kernels/elementwise_loops.h"

#include "core/threads/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/kernels/elementwise_loops.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace residual::cpu::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Each op: step(d, call, i) does one vector at i.
struct Add {
  template <class D>
  HWY_INLINE void step(D d, const ElementwiseCall& call, int64_t i) const {
    hn::StoreU(hn::Add(hn::LoadU(d, call.in[0] + i), hn::LoadU(d, call.in[1] + i)), d, call.out[0] + i);
  }
};

struct AddRelu {
  template <class D>
  HWY_INLINE void step(D d, const ElementwiseCall& call, int64_t i) const {
    const auto sum = hn::Add(hn::LoadU(d, call.in[0] + i), hn::LoadU(d, call.in[1] + i));
    hn::StoreU(hn::Max(hn::Zero(d), sum), d, call.out[0] + i);
  }
};

struct Relu {
  template <class D>
  HWY_INLINE void step(D d, const ElementwiseCall& call, int64_t i) const {
    hn::StoreU(hn::Max(hn::Zero(d), hn::LoadU(d, call.in[0] + i)), d, call.out[0] + i);  // this order keeps NaN
  }
};

template <bool kSum>
struct ReluBackward {
  template <class D>
  HWY_INLINE void step(D d, const ElementwiseCall& call, int64_t i) const {
    auto dy = hn::LoadU(d, call.in[0] + i);
    if constexpr (kSum) dy = hn::Add(dy, hn::LoadU(d, call.in[1] + i));
    const auto y = hn::LoadU(d, call.in[kSum ? 2 : 1] + i);
    hn::StoreU(hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), dy), d, call.out[0] + i);
  }
};

struct Sigmoid {
  template <class D>
  HWY_INLINE void step(D d, const ElementwiseCall& call, int64_t i) const {
    const auto one = hn::Set(d, 1.0f), x = hn::LoadU(d, call.in[0] + i);
    // Beyond -88 the exponential is infinite and the quotient 0, as it should be. Highway's Exp is wrong beyond 178.
    const auto y = hn::Div(one, hn::Add(one, hn::Exp(d, hn::Min(hn::Neg(x), hn::Set(d, 100.0f)))));
    hn::StoreU(hn::IfThenElse(hn::Eq(x, x), y, x), d, call.out[0] + i);
  }
};

struct SigmoidBackward {
  template <class D>
  HWY_INLINE void step(D d, const ElementwiseCall& call, int64_t i) const {
    const auto dy = hn::LoadU(d, call.in[0] + i), y = hn::LoadU(d, call.in[1] + i);
    hn::StoreU(hn::Mul(hn::Mul(dy, y), hn::Sub(hn::Set(d, 1.0f), y)), d, call.out[0] + i);
  }
};

template <bool kNesterov>
struct Sgd {
  template <class D>
  HWY_INLINE void step(D d, const ElementwiseCall& call, int64_t i) const {
    const auto momentum = hn::Set(d, call.numbers[kSgdMomentum]);
    const auto p = hn::LoadU(d, call.in[0] + i);
    const auto g = hn::MulAdd(hn::Set(d, call.numbers[kSgdDecay]), p, hn::LoadU(d, call.in[1] + i));
    const auto m = hn::MulAdd(momentum, hn::LoadU(d, call.in[2] + i), g);
    const auto way = kNesterov ? hn::MulAdd(momentum, m, g) : m;
    hn::StoreU(m, d, call.out[1] + i);
    hn::StoreU(hn::NegMulAdd(hn::Set(d, call.numbers[kSgdLearningRate]), way, p), d, call.out[0] + i);
  }
};

struct Adam {
  template <class D>
  HWY_INLINE void step(D d, const ElementwiseCall& call, int64_t i) const {
    const auto number = [&](AdamNumbers which) HWY_ATTR { return hn::Set(d, call.numbers[which]); };
    const auto p = hn::LoadU(d, call.in[0] + i);
    const auto g = hn::MulAdd(number(kAdamDecay), p, hn::LoadU(d, call.in[1] + i));
    const auto m = hn::MulAdd(number(kAdamBeta1), hn::LoadU(d, call.in[2] + i), hn::Mul(number(kAdamRest1), g));
    const auto v = hn::MulAdd(number(kAdamBeta2), hn::LoadU(d, call.in[3] + i), hn::Mul(number(kAdamRest2), hn::Mul(g, g)));
    const auto root = hn::MulAdd(hn::Sqrt(v), number(kAdamRoot), number(kAdamEps));
    hn::StoreU(m, d, call.out[1] + i);
    hn::StoreU(v, d, call.out[2] + i);
    hn::StoreU(hn::NegMulAdd(number(kAdamStep), hn::Div(m, root), hn::Mul(p, number(kAdamShrink))), d, call.out[0] + i);
  }
};

template <class Op>
void run(const ElementwiseCall& call, int64_t begin, int64_t end) {
  const hn::CappedTag<float, 16> d;
  const hn::CappedTag<float, 1> single;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = begin;
  for (; i + lanes <= end; i += lanes) Op().step(d, call, i);
  for (; i < end; ++i) Op().step(single, call, i);
}

void elementwise_part(Elementwise op, const ElementwiseCall& call, int64_t begin, int64_t end) {
  switch (op) {
    case Elementwise::kAdd: return run<Add>(call, begin, end);
    case Elementwise::kAddRelu: return run<AddRelu>(call, begin, end);
    case Elementwise::kRelu: return run<Relu>(call, begin, end);
    case Elementwise::kReluBackward: return run<ReluBackward<false>>(call, begin, end);
    case Elementwise::kAddReluBackward: return run<ReluBackward<true>>(call, begin, end);
    case Elementwise::kSigmoid: return run<Sigmoid>(call, begin, end);
    case Elementwise::kSigmoidBackward: return run<SigmoidBackward>(call, begin, end);
    case Elementwise::kSgd: return run<Sgd<false>>(call, begin, end);
    case Elementwise::kNesterov: return run<Sgd<true>>(call, begin, end);
    case Elementwise::kAdam: return run<Adam>(call, begin, end);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual::cpu::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual::cpu::kernels {
namespace {

HWY_EXPORT(elementwise_part);

// Work is divided between threads at multiples of this, so that no vector is split and no cache line shared.
constexpr int64_t kChunk = 1024, kChunksPerThread = 16;

}  // namespace

void elementwise(Elementwise op, int64_t count, const ElementwiseCall& call) noexcept {
  parallel_for((count + kChunk - 1) / kChunk,
               [&](int64_t begin, int64_t end) {
                 HWY_DYNAMIC_DISPATCH(elementwise_part)(op, call, begin * kChunk, end * kChunk < count ? end * kChunk : count);
               },
               kChunksPerThread);
}

}  // namespace residual::cpu::kernels
#endif
