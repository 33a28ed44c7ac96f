// Iterating over one row in vectors, for every instruction set; included by files that Highway compiles once for each.
#if defined(RESIDUAL_SPANS) == defined(HWY_TARGET_TOGGLE)
#ifdef RESIDUAL_SPANS
#undef RESIDUAL_SPANS
#else
#define RESIDUAL_SPANS
#endif

#include <hwy/highway.h>

#include "backend/cpu/kernels/rows.h"

HWY_BEFORE_NAMESPACE();
namespace residual::cpu::kernels {
namespace HWY_NAMESPACE {

/// Equal steps through one row. Blocked: every step is one pixel's vector of channels, so channel values are vectors. Plain:
/// every step is a vector of neighbouring pixels of one channel, so channel values are broadcast.
template <bool kPlain>
struct Span {
  int64_t offset;  // of the first element
  int64_t stride;  // elements from step to step
  int64_t steps;
  int64_t first;  // channel of the first lane

  template <class D>
  HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> channel(D d, const float* values) const {
    if constexpr (kPlain) return hwy::HWY_NAMESPACE::Set(d, values[first]);
    return hwy::HWY_NAMESPACE::LoadU(d, values + first);
  }
  template <class D>
  HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load(D d, const float* values, int64_t step) const {
    return hwy::HWY_NAMESPACE::LoadU(d, values + offset + step * stride);
  }
  template <class D>
  HWY_INLINE void store(D d, hwy::HWY_NAMESPACE::Vec<D> v, float* values, int64_t step) const {
    hwy::HWY_NAMESPACE::StoreU(v, d, values + offset + step * stride);
  }
  /// Adds a vector of sums to those of its channels (plain: to that of its one channel).
  template <class D>
  HWY_INLINE void accumulate(D d, hwy::HWY_NAMESPACE::Vec<D> v, float* sums) const {
    namespace hn = hwy::HWY_NAMESPACE;
    if constexpr (kPlain) {
      sums[first] += hn::GetLane(hn::SumOfLanes(d, v));
    } else {
      hn::StoreU(hn::Add(hn::LoadU(d, sums + first), v), d, sums + first);
    }
  }
};

template <class D, class Body>
HWY_INLINE void blocked_spans(D d, const Rows& rows, int64_t row, const Body& body) {
  const int64_t lanes = static_cast<int64_t>(hwy::HWY_NAMESPACE::Lanes(d)), channel = row % rows.groups * rows.block;
  for (int64_t lane = 0; lane < rows.block; lane += lanes)
    body.span(d, Span<false>{row * rows.length() + lane, rows.block, rows.area, channel + lane});
}

/// Calls body.span(d, span) for a whole row, in one or more spans.
template <class Body>
HWY_INLINE void for_spans(const Rows& rows, int64_t row, const Body& body) {
  namespace hn = hwy::HWY_NAMESPACE;
  if (rows.block == 16) return blocked_spans(hn::CappedTag<float, 16>(), rows, row, body);
  if (rows.block == 8) return blocked_spans(hn::CappedTag<float, 8>(), rows, row, body);
  const hn::CappedTag<float, 16> d;
  const hn::CappedTag<float, 1> single;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), whole = rows.area / lanes, start = row * rows.area;
  if (whole > 0) body.span(d, Span<true>{start, lanes, whole, row % rows.groups});
  if (whole * lanes < rows.area)
    body.span(single, Span<true>{start + whole * lanes, 1, rows.area - whole * lanes, row % rows.groups});
}

}  // namespace HWY_NAMESPACE
}  // namespace residual::cpu::kernels
HWY_AFTER_NAMESPACE();
#endif
