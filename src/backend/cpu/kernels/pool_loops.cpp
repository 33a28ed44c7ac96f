#include "backend/cpu/kernels/pool_loops.h"

#include "core/threads/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/kernels/pool_loops.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backend/cpu/kernels/spans.h"

HWY_BEFORE_NAMESPACE();
namespace residual::cpu::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The part of one window that lies inside the image.
struct Window {
  int64_t top, bottom, left, right;  // rows top … bottom-1, columns left … right-1 of x
  int64_t first_row, first_column;   // of the window itself, perhaps outside

  Window(const PoolGeometry& g, int64_t h, int64_t w)
      : first_row(h * g.pool.stride.height - g.pool.padding.height),
        first_column(w * g.pool.stride.width - g.pool.padding.width) {
    top = HWY_MAX(first_row, int64_t{0}), bottom = HWY_MIN(first_row + g.pool.kernel.height, g.x_size.height);
    left = HWY_MAX(first_column, int64_t{0}), right = HWY_MIN(first_column + g.pool.kernel.width, g.x_size.width);
  }
  int64_t inside() const { return (bottom - top) * (right - left); }
};

// Every body handles one output pixel of one row, a vector of channels at a time.
struct MaxPixel {
  const float* x;
  float* y;
  int32_t* place;

  template <class D>
  HWY_INLINE void pixel(D d, const PoolGeometry& g, const Window& window, int64_t x_row, int64_t at) const {
    const hn::RebindToSigned<D> integers;
    auto best = hn::LoadU(d, x + x_row + (window.top * g.x_size.width + window.left) * g.x.block);
    auto where = hn::Set(d, number(g, window, window.top, window.left));
    for (int64_t h = window.top; h < window.bottom; ++h) {
      for (int64_t w = window.left; w < window.right; ++w) {
        const auto v = hn::LoadU(d, x + x_row + (h * g.x_size.width + w) * g.x.block);
        // Larger, or the first NaN: neither v <= best nor best NaN.
        const auto wins = hn::And(hn::Not(hn::Le(v, best)), hn::Eq(best, best));
        best = hn::IfThenElse(wins, v, best);
        where = hn::IfThenElse(wins, hn::Set(d, number(g, window, h, w)), where);
      }
    }
    hn::StoreU(best, d, y + at);
    hn::StoreU(hn::ConvertTo(integers, where), integers, place + at);
  }

  static float number(const PoolGeometry& g, const Window& window, int64_t h, int64_t w) {
    return static_cast<float>((h - window.first_row) * g.pool.kernel.width + w - window.first_column);
  }
};

struct MaxBackwardPixel {
  const float* dy;
  const int32_t* place;
  float* dx;

  template <class D>
  HWY_INLINE void pixel(D d, const PoolGeometry& g, const Window& window, int64_t x_row, int64_t at) const {
    const hn::RebindToSigned<D> integers;
    const auto gradient = hn::LoadU(d, dy + at);
    const auto where = hn::ConvertTo(d, hn::LoadU(integers, place + at));
    for (int64_t h = window.top; h < window.bottom; ++h) {
      for (int64_t w = window.left; w < window.right; ++w) {
        float* to = dx + x_row + (h * g.x_size.width + w) * g.x.block;
        const auto own = hn::IfThenElseZero(hn::Eq(where, hn::Set(d, MaxPixel::number(g, window, h, w))), gradient);
        hn::StoreU(hn::Add(hn::LoadU(d, to), own), d, to);
      }
    }
  }
};

HWY_INLINE float share(const PoolGeometry& g, const Window& window) {
  return 1.0f / static_cast<float>(g.count_padding ? g.pool.kernel.height * g.pool.kernel.width : window.inside());
}

struct AvgPixel {
  const float* x;
  float* y;

  template <class D>
  HWY_INLINE void pixel(D d, const PoolGeometry& g, const Window& window, int64_t x_row, int64_t at) const {
    auto sum = hn::Zero(d);
    for (int64_t h = window.top; h < window.bottom; ++h) {
      for (int64_t w = window.left; w < window.right; ++w)
        sum = hn::Add(sum, hn::LoadU(d, x + x_row + (h * g.x_size.width + w) * g.x.block));
    }
    hn::StoreU(hn::Mul(sum, hn::Set(d, share(g, window))), d, y + at);
  }
};

struct AvgBackwardPixel {
  const float* dy;
  float* dx;

  template <class D>
  HWY_INLINE void pixel(D d, const PoolGeometry& g, const Window& window, int64_t x_row, int64_t at) const {
    const auto gradient = hn::Mul(hn::LoadU(d, dy + at), hn::Set(d, share(g, window)));
    for (int64_t h = window.top; h < window.bottom; ++h) {
      for (int64_t w = window.left; w < window.right; ++w) {
        float* to = dx + x_row + (h * g.x_size.width + w) * g.x.block;
        hn::StoreU(hn::Add(hn::LoadU(d, to), gradient), d, to);
      }
    }
  }
};

template <class D, class Body>
HWY_INLINE void for_pixels(D d, const PoolGeometry& g, int64_t row, const Body& body) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t lane = 0; lane < g.x.block; lane += lanes) {
    const int64_t x_row = row * g.x.length() + lane;
    int64_t at = row * g.y.length() + lane;
    for (int64_t h = 0; h < g.y_size.height; ++h) {
      for (int64_t w = 0; w < g.y_size.width; ++w, at += g.y.block) body.pixel(d, g, Window(g, h, w), x_row, at);
    }
  }
}

template <class Body>
HWY_INLINE void pool_row(const PoolGeometry& g, int64_t row, const Body& body) {
  if (g.x.block == 16) return for_pixels(hn::CappedTag<float, 16>(), g, row, body);
  if (g.x.block == 8) return for_pixels(hn::CappedTag<float, 8>(), g, row, body);
  for_pixels(hn::CappedTag<float, 1>(), g, row, body);
}

void clear_row(const Rows& rows, int64_t row, float* values) {
  for (int64_t i = row * rows.length(); i < (row + 1) * rows.length(); ++i) values[i] = 0;
}

void max_rows(const PoolGeometry& g, const float* x, float* y, int32_t* place, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) pool_row(g, row, MaxPixel{x, y, place});
}

void max_backward_rows(const PoolGeometry& g, const float* dy, const int32_t* place, float* dx, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    clear_row(g.x, row, dx);
    pool_row(g, row, MaxBackwardPixel{dy, place, dx});
  }
}

void avg_rows(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) pool_row(g, row, AvgPixel{x, y});
}

void avg_backward_rows(const PoolGeometry& g, const float* dy, float* dx, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    clear_row(g.x, row, dx);
    pool_row(g, row, AvgBackwardPixel{dy, dx});
  }
}

struct SumRow {
  const float* x;
  float* sums;

  template <class D, bool kPlain>
  HWY_INLINE void span(D d, const Span<kPlain>& at) const {
    auto s0 = hn::Zero(d), s1 = s0;
    int64_t i = 0;
    for (; i + 2 <= at.steps; i += 2) s0 = hn::Add(s0, at.load(d, x, i)), s1 = hn::Add(s1, at.load(d, x, i + 1));
    if (i < at.steps) s0 = hn::Add(s0, at.load(d, x, i));
    at.accumulate(d, hn::Add(s0, s1), sums);
  }
};

struct SpreadRow {
  const float* values;
  float area;
  float* dx;

  template <class D, bool kPlain>
  HWY_INLINE void span(D d, const Span<kPlain>& at) const {
    const auto value = hn::Div(at.channel(d, values), hn::Set(d, area));
    for (int64_t i = 0; i < at.steps; ++i) at.store(d, value, dx, i);
  }
};

void global_rows(const Rows& rows, const float* x, float* y, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    float* own = y + row * rows.block;
    for (int64_t i = 0; i < rows.block; ++i) own[i] = 0;
    for_spans(rows, row, SumRow{x, own - row % rows.groups * rows.block});
    for (int64_t i = 0; i < rows.block; ++i) own[i] /= static_cast<float>(rows.area);
  }
}

void global_backward_rows(const Rows& rows, const float* dy, float* dx, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row)
    for_spans(rows, row, SpreadRow{dy + row / rows.groups * rows.channels(), static_cast<float>(rows.area), dx});
}

}  // namespace HWY_NAMESPACE
}  // namespace residual::cpu::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual::cpu::kernels {
namespace {

HWY_EXPORT(max_rows);
HWY_EXPORT(max_backward_rows);
HWY_EXPORT(avg_rows);
HWY_EXPORT(avg_backward_rows);
HWY_EXPORT(global_rows);
HWY_EXPORT(global_backward_rows);

}  // namespace

void max_pool(const PoolGeometry& g, const float* x, float* y, int32_t* place) noexcept {
  parallel_for(
      g.x.count(), [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(max_rows)(g, x, y, place, begin, end); }, g.x.grain());
}

void max_pool_backward(const PoolGeometry& g, const float* dy, const int32_t* place, float* dx) noexcept {
  parallel_for(
      g.x.count(), [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(max_backward_rows)(g, dy, place, dx, begin, end); },
      g.x.grain());
}

void avg_pool(const PoolGeometry& g, const float* x, float* y) noexcept {
  parallel_for(
      g.x.count(), [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(avg_rows)(g, x, y, begin, end); }, g.x.grain());
}

void avg_pool_backward(const PoolGeometry& g, const float* dy, float* dx) noexcept {
  parallel_for(
      g.x.count(), [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(avg_backward_rows)(g, dy, dx, begin, end); },
      g.x.grain());
}

void global_avg_pool(const Rows& rows, const float* x, float* y) noexcept {
  parallel_for(
      rows.count(), [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(global_rows)(rows, x, y, begin, end); }, rows.grain());
}

void global_avg_pool_backward(const Rows& rows, const float* dy, float* dx) noexcept {
  parallel_for(
      rows.count(), [&](int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(global_backward_rows)(rows, dy, dx, begin, end); },
      rows.grain());
}

}  // namespace residual::cpu::kernels
#endif
