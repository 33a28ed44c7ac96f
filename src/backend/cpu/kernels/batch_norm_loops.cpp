#include "backend/cpu/kernels/batch_norm_loops.h"

#include <cmath>

#include "core/threads/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/kernels/batch_norm_loops.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backend/cpu/kernels/spans.h"

#ifndef RESIDUAL_BATCH_NORM_TYPES
#define RESIDUAL_BATCH_NORM_TYPES
namespace residual::cpu::kernels {

/// Per channel, prepared once a run: normalize(x) = (x - mean) scale + beta.
struct Affine {
  const float *mean, *scale, *beta;
};

/// Per channel: dx = a dz + b (x - mean) + c.
struct ApplyCoefficients {
  const float *a, *b, *c;
};

}  // namespace residual::cpu::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace residual::cpu::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The only definition of the forward value; recomputed relu masks use it too and are therefore bit-identical.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V normalized(V x, V mean, V scale, V beta) {
  return hn::MulAdd(hn::Sub(x, mean), scale, beta);
}

// Sums of x - shift and of its square over one row; the shift is the mean of the row's first pixels.
struct MomentsRow {
  const float* x;
  float *shift, *sum, *squares;

  template <class D, bool kPlain>
  HWY_INLINE void span(D d, const Span<kPlain>& at) const {
    using V = hn::Vec<D>;
    const V center = at.channel(d, shift);
    V s0 = hn::Zero(d), s1 = s0, q0 = s0, q1 = s0;
    int64_t i = 0;
    for (; i + 2 <= at.steps; i += 2) {
      const V a = hn::Sub(at.load(d, x, i), center), b = hn::Sub(at.load(d, x, i + 1), center);
      s0 = hn::Add(s0, a), q0 = hn::MulAdd(a, a, q0);
      s1 = hn::Add(s1, b), q1 = hn::MulAdd(b, b, q1);
    }
    if (i < at.steps) {
      const V a = hn::Sub(at.load(d, x, i), center);
      s0 = hn::Add(s0, a), q0 = hn::MulAdd(a, a, q0);
    }
    at.accumulate(d, hn::Add(s0, s1), sum);
    at.accumulate(d, hn::Add(q0, q1), squares);
  }
};

struct ShiftRow {
  const float* x;
  float* shift;
  static constexpr int64_t kPixels = 4;

  // Blocked: the first pixels' mean. Plain: the mean of the first few numbers, computed by the caller.
  template <class D, bool kPlain>
  HWY_INLINE void span(D d, const Span<kPlain>& at) const {
    const int64_t pixels = HWY_MIN(at.steps, kPixels);
    auto sum = hn::Zero(d);
    for (int64_t i = 0; i < pixels; ++i) sum = hn::Add(sum, at.load(d, x, i));
    at.accumulate(d, hn::Mul(sum, hn::Set(d, 1.0f / static_cast<float>(pixels))), shift);
  }
};

// partial: count x 3 x block: shift, sum, squares.
void moments_rows(const Rows& rows, const float* x, float* partial, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    float* own = partial + row * 3 * rows.block;
    for (int64_t i = 0; i < 3 * rows.block; ++i) own[i] = 0;
    const float* start = x + row * rows.length();
    if (rows.block == 1) {
      own[0] = start[rows.area / 2];
    } else {
      for_spans(rows, row, ShiftRow{x, own - row % rows.groups * rows.block});
    }
    const int64_t channel = row % rows.groups * rows.block;
    for_spans(rows, row, MomentsRow{x, own - channel, own + rows.block - channel, own + 2 * rows.block - channel});
  }
}

template <bool kAddend, bool kAddendNormalized, bool kRelu>
struct NormalizeRow {
  const float *x, *addend;
  Affine own, other;
  float* y;

  template <class D, bool kPlain>
  HWY_INLINE void span(D d, const Span<kPlain>& at) const {
    using V = hn::Vec<D>;
    const V mean = at.channel(d, own.mean), scale = at.channel(d, own.scale), beta = at.channel(d, own.beta), zero = hn::Zero(d);
    V mean2 = zero, scale2 = zero, beta2 = zero;
    if constexpr (kAddendNormalized)
      mean2 = at.channel(d, other.mean), scale2 = at.channel(d, other.scale), beta2 = at.channel(d, other.beta);
    for (int64_t i = 0; i < at.steps; ++i) {
      V v = normalized<D>(at.load(d, x, i), mean, scale, beta);
      if constexpr (kAddend) {
        V a = at.load(d, addend, i);
        if constexpr (kAddendNormalized) a = normalized<D>(a, mean2, scale2, beta2);
        v = hn::Add(v, a);
      }
      if constexpr (kRelu) v = hn::Max(zero, v);  // this order keeps NaN
      at.store(d, v, y, i);
    }
  }
};

template <bool kAddend, bool kAddendNormalized, bool kRelu>
void normalize_rows_as(const Rows& rows, const NormalizeCall& call, const Affine& own, const Affine& other, int64_t begin,
                       int64_t end) {
  const NormalizeRow<kAddend, kAddendNormalized, kRelu> body{call.x, call.addend, own, other, call.y};
  for (int64_t row = begin; row < end; ++row) for_spans(rows, row, body);
}

void normalize_rows(const Rows& rows, const NormalizeCall& call, const Affine& own, const Affine& other, int64_t begin,
                    int64_t end) {
  if (call.addend == nullptr)
    (call.relu ? normalize_rows_as<false, false, true> : normalize_rows_as<false, false, false>)(rows, call, own, other, begin,
                                                                                                 end);
  else if (!call.addend_normalized)
    (call.relu ? normalize_rows_as<true, false, true> : normalize_rows_as<true, false, false>)(rows, call, own, other, begin,
                                                                                               end);
  else
    (call.relu ? normalize_rows_as<true, true, true> : normalize_rows_as<true, true, false>)(rows, call, own, other, begin, end);
}

// dz: the gradient after the relu's mask.
template <Mask kMask, bool kSum>
struct GradientSource {
  const float *dy, *dy_addend, *y;

  template <class D, bool kPlain, class V = hn::Vec<D>>
  HWY_INLINE V at(D d, const Span<kPlain>& span, int64_t i, V x, V mean, V scale, V beta) const {
    V dz = span.load(d, dy, i);
    if constexpr (kSum) dz = hn::Add(dz, span.load(d, dy_addend, i));
    if constexpr (kMask == Mask::kOutput) dz = hn::IfThenElseZero(hn::Gt(span.load(d, y, i), hn::Zero(d)), dz);
    if constexpr (kMask == Mask::kRecomputed)
      dz = hn::IfThenElseZero(hn::Gt(normalized<D>(x, mean, scale, beta), hn::Zero(d)), dz);
    return dz;
  }
};

template <Mask kMask, bool kSum, bool kStore>
struct ReduceRow {
  GradientSource<kMask, kSum> source;
  const float* x;
  Affine affine;
  float *dz, *sum, *product;  // sums of dz and of dz (x - mean)

  template <class D, bool kPlain>
  HWY_INLINE void span(D d, const Span<kPlain>& at) const {
    using V = hn::Vec<D>;
    const V mean = at.channel(d, affine.mean), scale = at.channel(d, affine.scale), beta = at.channel(d, affine.beta);
    V s0 = hn::Zero(d), s1 = s0, p0 = s0, p1 = s0;
    const auto one = [&](int64_t i, V& s, V& p) HWY_ATTR {
      const V value = at.load(d, x, i);
      const V gradient = source.at(d, at, i, value, mean, scale, beta);
      if constexpr (kStore) at.store(d, gradient, dz, i);
      s = hn::Add(s, gradient);
      p = hn::MulAdd(gradient, hn::Sub(value, mean), p);
    };
    int64_t i = 0;
    for (; i + 2 <= at.steps; i += 2) one(i, s0, p0), one(i + 1, s1, p1);
    if (i < at.steps) one(i, s0, p0);
    at.accumulate(d, hn::Add(s0, s1), sum);
    at.accumulate(d, hn::Add(p0, p1), product);
  }
};

// partial: count x 2 x block: sum, product.
template <Mask kMask, bool kSum, bool kStore>
void reduce_rows_as(const Rows& rows, const BackwardCall& call, const Affine& affine, float* dz, float* partial, int64_t begin,
                    int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    float* own = partial + row * 2 * rows.block;
    for (int64_t i = 0; i < 2 * rows.block; ++i) own[i] = 0;
    const int64_t channel = row % rows.groups * rows.block;
    const ReduceRow<kMask, kSum, kStore> body{{call.dy, call.dy_addend, call.y}, call.x, affine, dz, own - channel,
                                              own + rows.block - channel};
    for_spans(rows, row, body);
  }
}

template <Mask kMask>
void reduce_rows_masked(const Rows& rows, const BackwardCall& call, const Affine& affine, float* dz, float* partial,
                        int64_t begin, int64_t end) {
  const bool sum = call.dy_addend != nullptr, store = dz != nullptr;
  if (sum)
    (store ? reduce_rows_as<kMask, true, true> : reduce_rows_as<kMask, true, false>)(rows, call, affine, dz, partial, begin, end);
  else
    (store ? reduce_rows_as<kMask, false, true> : reduce_rows_as<kMask, false, false>)(rows, call, affine, dz, partial, begin,
                                                                                       end);
}

void reduce_rows(const Rows& rows, const BackwardCall& call, const Affine& affine, float* dz, float* partial, int64_t begin,
                 int64_t end) {
  switch (call.mask) {
    case Mask::kNone: return reduce_rows_masked<Mask::kNone>(rows, call, affine, dz, partial, begin, end);
    case Mask::kOutput: return reduce_rows_masked<Mask::kOutput>(rows, call, affine, dz, partial, begin, end);
    case Mask::kRecomputed: return reduce_rows_masked<Mask::kRecomputed>(rows, call, affine, dz, partial, begin, end);
  }
}

template <Mask kMask, bool kSum>
struct ApplyRow {
  GradientSource<kMask, kSum> source;
  const float* x;
  Affine affine;
  ApplyCoefficients coefficients;
  float* dx;

  template <class D, bool kPlain>
  HWY_INLINE void span(D d, const Span<kPlain>& at) const {
    using V = hn::Vec<D>;
    const V mean = at.channel(d, affine.mean), scale = at.channel(d, affine.scale), beta = at.channel(d, affine.beta);
    const V a = at.channel(d, coefficients.a), b = at.channel(d, coefficients.b), c = at.channel(d, coefficients.c);
    for (int64_t i = 0; i < at.steps; ++i) {
      const V value = at.load(d, x, i);
      const V gradient = source.at(d, at, i, value, mean, scale, beta);
      at.store(d, hn::MulAdd(a, gradient, hn::MulAdd(b, hn::Sub(value, mean), c)), dx, i);
    }
  }
};

template <Mask kMask, bool kSum>
void apply_rows_as(const Rows& rows, const BackwardCall& call, const Affine& affine, const ApplyCoefficients& coefficients,
                   float* dx, int64_t begin, int64_t end) {
  const ApplyRow<kMask, kSum> body{{call.dy, call.dy_addend, call.y}, call.x, affine, coefficients, dx};
  for (int64_t row = begin; row < end; ++row) for_spans(rows, row, body);
}

void apply_rows(const Rows& rows, const BackwardCall& call, const Affine& affine, const ApplyCoefficients& coefficients,
                float* dx, int64_t begin, int64_t end) {
  const bool sum = call.dy_addend != nullptr;
  const auto run = [&]<Mask kMask>() {
    (sum ? apply_rows_as<kMask, true> : apply_rows_as<kMask, false>)(rows, call, affine, coefficients, dx, begin, end);
  };
  switch (call.mask) {
    case Mask::kNone: return run.template operator()<Mask::kNone>();
    case Mask::kOutput: return run.template operator()<Mask::kOutput>();
    case Mask::kRecomputed: return run.template operator()<Mask::kRecomputed>();
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual::cpu::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual::cpu::kernels {
namespace {

HWY_EXPORT(moments_rows);
HWY_EXPORT(normalize_rows);
HWY_EXPORT(reduce_rows);
HWY_EXPORT(apply_rows);

double inverse_deviation(const Statistics& statistics, int64_t c) noexcept {
  return 1 / std::sqrt(double{statistics.variance[c]} + statistics.eps);
}

// gamma and beta may be missing where only the mean is needed.
Affine affine_of(const Rows& rows, const Statistics& statistics, float* scales) noexcept {
  if (statistics.gamma == nullptr || statistics.beta == nullptr) return {statistics.mean, statistics.mean, statistics.mean};
  for (int64_t c = 0; c < rows.channels(); ++c)
    scales[c] = static_cast<float>(double{statistics.gamma[c]} * inverse_deviation(statistics, c));
  return {statistics.mean, scales, statistics.beta};
}

/// body(channel, sums) with the sums over the batch, in double and in a fixed order, of each of `kinds` partial numbers.
template <int kinds, typename Body>
void combine_rows(const Rows& rows, const float* partial, Body&& body) noexcept {
  parallel_for(
      rows.channels(),
      [&](int64_t begin, int64_t end) {
        for (int64_t c = begin; c < end; ++c) {
          double sums[kinds] = {};
          for (int64_t n = 0; n < rows.batch; ++n) {
            const float* own = partial + (n * rows.groups + c / rows.block) * kinds * rows.block + c % rows.block;
            for (int k = 0; k < kinds; ++k) sums[k] += double{own[k * rows.block]};
          }
          body(c, sums);
        }
      },
      64);
}

}  // namespace

size_t moments_scratch(const Rows& rows) {
  return static_cast<size_t>(rows.count() * 3 * rows.block);
}

void moments(const Rows& rows, const float* x, float* mean, float* variance, float* unbiased, float* scratch) noexcept {
  parallel_for(
      rows.count(), [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(moments_rows)(rows, x, scratch, begin, end); },
      rows.grain());
  const double area = static_cast<double>(rows.area), count = static_cast<double>(rows.batch) * area;
  parallel_for(
      rows.channels(),
      [&](int64_t begin, int64_t end) {
        for (int64_t c = begin; c < end; ++c) {
          const float* first = scratch + c / rows.block * 3 * rows.block + c % rows.block;
          const int64_t stride = rows.groups * 3 * rows.block, block = rows.block;
          double total = 0, squares = 0;
          for (int64_t n = 0; n < rows.batch; ++n) total += double{first[n * stride]} * area + double{first[n * stride + block]};
          const double center = total / count;
          for (int64_t n = 0; n < rows.batch; ++n) {
            const double offset = double{first[n * stride]} - center, sum = first[n * stride + block];
            squares += double{first[n * stride + 2 * block]} + offset * (2 * sum + area * offset);
          }
          squares = squares > 0 ? squares : 0 * squares;  // NaN stays NaN
          mean[c] = static_cast<float>(center);
          variance[c] = static_cast<float>(squares / count);
          unbiased[c] = static_cast<float>(squares / (count - 1));
        }
      },
      64);
}

size_t normalize_scratch(const Rows& rows) {
  return static_cast<size_t>(2 * rows.channels());
}

void normalize(const Rows& rows, const NormalizeCall& call, float* scratch) noexcept {
  const Affine own = affine_of(rows, call.statistics, scratch);
  const Affine other = call.addend_normalized ? affine_of(rows, call.addend_statistics, scratch + rows.channels()) : Affine{};
  parallel_for(
      rows.count(), [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(normalize_rows)(rows, call, own, other, begin, end); },
      rows.grain());
}

size_t backward_scratch(const Rows& rows) {
  return static_cast<size_t>(4 * rows.channels() + 2 * rows.batch * rows.channels());
}

void backward_reduce(const Rows& rows, const BackwardCall& call, float* dz, float* dgamma, float* dbeta,
                     float* scratch) noexcept {
  const Affine affine = affine_of(rows, call.statistics, scratch);
  float* partial = scratch + 4 * rows.channels();
  parallel_for(
      rows.count(),
      [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(reduce_rows)(rows, call, affine, dz, partial, begin, end); },
      rows.grain());
  combine_rows<2>(rows, partial, [&](int64_t c, const double* sums) {
    dbeta[c] = static_cast<float>(sums[0]);
    dgamma[c] = static_cast<float>(sums[1] * inverse_deviation(call.statistics, c));
  });
}

void backward_apply(const Rows& rows, const BackwardCall& call, const float* dgamma, const float* dbeta, float* dx,
                    float* scratch) noexcept {
  const int64_t channels = rows.channels();
  const Affine affine = affine_of(rows, call.statistics, scratch);
  float *a = scratch + channels, *b = a + channels, *c = b + channels;
  const double count = call.through_moments ? static_cast<double>(rows.batch * rows.area) : HUGE_VAL;
  for (int64_t i = 0; i < channels; ++i) {
    const double inverse = inverse_deviation(call.statistics, i), scale = double{call.statistics.gamma[i]} * inverse;
    a[i] = static_cast<float>(scale);
    b[i] = static_cast<float>(-scale * inverse * double{dgamma[i]} / count);
    c[i] = static_cast<float>(-scale * double{dbeta[i]} / count);
  }
  parallel_for(
      rows.count(),
      [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(apply_rows)(rows, call, affine, {a, b, c}, dx, begin, end); },
      rows.grain());
}

void channel_sum(const Rows& rows, const float* dy, float* sums, float* scratch) noexcept {
  // The reduction with dy in place of x and a mean of zero: its second sum is not used.
  float* zeros = scratch;
  for (int64_t c = 0; c < rows.channels(); ++c) zeros[c] = 0;
  const BackwardCall call{
      .dy = dy, .dy_addend = nullptr, .x = dy, .y = nullptr, .statistics = {zeros, zeros, nullptr, nullptr, 1}};
  const Affine affine{zeros, zeros, zeros};
  float* partial = scratch + 4 * rows.channels();
  parallel_for(
      rows.count(),
      [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(reduce_rows)(rows, call, affine, nullptr, partial, begin, end); },
      rows.grain());
  combine_rows<2>(rows, partial, [&](int64_t c, const double* both) { sums[c] = static_cast<float>(both[0]); });
}

}  // namespace residual::cpu::kernels
#endif
