// Ops that move channels: pad_channels (shortcut A) and its gradient, concat and slice_channels. Copies only.
#include <cstring>
#include <numeric>

#include "backend/cpu/kernels/rows.h"
#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"
#include "core/threads/threads.h"
#include "ops/shape/concat.h"
#include "ops/shape/pad_channels.h"

namespace residual::cpu::kernels {
namespace {

/// Channels src_first … of src become channels dst_first … of dst.
struct ChannelCopy {
  Rows src, dst;
  int64_t src_width, dst_width;
  int64_t src_first, dst_first, channels;
  int64_t src_stride = 1, dst_stride = 1;  ///< in pixels, both spatial axes: src is read, or dst is written, at every stride-th
};

template <int granule>
void copy_granule(const ChannelCopy& copy, const float* src, float* dst) noexcept {
  const int64_t s = copy.src_stride, d = copy.dst_stride;
  const int64_t width = d > 1 ? copy.src_width : copy.dst_width, height = (d > 1 ? copy.src.area : copy.dst.area) / width;
  for (int64_t h = 0; h < height; ++h) {
    const float* from = src + h * s * copy.src_width * copy.src.block;
    float* to = dst + h * d * copy.dst_width * copy.dst.block;
    for (int64_t w = 0; w < width; ++w, from += s * copy.src.block, to += d * copy.dst.block)
      std::memcpy(to, from, granule * sizeof(float));
  }
}

/// Copies the channels of row (n, group) of dst; `granule` divides the block and all channel offsets.
void copy_row(const ChannelCopy& copy, int64_t n, int64_t group, int64_t granule, const float* src, float* dst) noexcept {
  const int64_t first = std::max(group * copy.dst.block, copy.dst_first);
  const int64_t last = std::min((group + 1) * copy.dst.block, copy.dst_first + copy.channels);
  for (int64_t channel = first; channel < last; channel += granule) {
    const int64_t from = channel - copy.dst_first + copy.src_first;
    const float* src_row = src + (n * copy.src.groups + from / copy.src.block) * copy.src.length() + from % copy.src.block;
    float* dst_row = dst + (n * copy.dst.groups + group) * copy.dst.length() + channel % copy.dst.block;
    const bool whole = granule == copy.src.block && copy.src_stride == 1 && copy.dst_stride == 1;
    if (whole)
      std::memcpy(dst_row, src_row, static_cast<size_t>(copy.dst.length()) * sizeof(float));
    else if (granule == 16)
      copy_granule<16>(copy, src_row, dst_row);
    else if (granule == 8)
      copy_granule<8>(copy, src_row, dst_row);
    else if (granule == 4)
      copy_granule<4>(copy, src_row, dst_row);
    else
      copy_granule<1>(copy, src_row, dst_row);
  }
}

// Whole blocks if all offsets allow it, else the largest of 8, 4, 1 that divides them.
int64_t granule_of(const ChannelCopy& copy) {
  const int64_t common = std::gcd(std::gcd(copy.src.block, copy.src_first), std::gcd(copy.dst_first, copy.channels));
  return common % 16 == 0 ? 16 : common % 8 == 0 ? 8 : common % 4 == 0 ? 4 : 1;
}

struct SourcedCopy {
  ChannelCopy copy;
  size_t input;
  int64_t granule;
};

void copy_channels(const std::vector<SourcedCopy>& copies, bool leaves_gaps, const KernelArgs& args) noexcept {
  const Rows& dst = copies[0].copy.dst;
  float* y = floats_out(args, 0);
  parallel_for(
      dst.count(),
      [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          if (leaves_gaps) std::memset(y + row * dst.length(), 0, static_cast<size_t>(dst.length()) * sizeof(float));
          for (const SourcedCopy& part : copies)
            copy_row(part.copy, row / dst.groups, row % dst.groups, part.granule, floats(args, part.input), y);
        }
      },
      dst.grain());
}

int64_t width_of(const Shape& shape) {
  return shape.rank() == 4 ? shape[3] : 1;
}

class ChannelsPattern final : public Pattern {
 public:
  std::string_view name() const override { return "channels"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    const bool ours = node.op == &pad_channels_op() || node.op == &pad_channels_backward_op() || node.op == &concat_op() ||
                      node.op == &slice_channels_op();
    if (!ours || !is_float(view.graph(), node)) return {};
    return {make_match(view, std::string(node.op->name), {last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    const Node& node = graph.node(match.nodes[0]);
    const Shape& y = node.outputs[0].shape;
    Layout layout = row_layout(y, inputs);
    for (const Value& value : match.inputs) {
      if (row_layout(graph.shape(value), std::array{layout}) != layout) layout = Layout::plain();
    }
    bool leaves_gaps = false;
    std::vector<SourcedCopy> copies;
    int64_t first = 0;
    for (const Value& value : node.inputs) {
      ChannelCopy copy = copy_of(node, graph.shape(value), y, layout, first);
      first += graph.shape(value)[1];
      leaves_gaps = leaves_gaps || copy.dst_stride > 1 || (node.op == &pad_channels_op() && copy.channels < y[1]);
      copies.push_back({copy, match.input_index(value), granule_of(copy)});
    }
    std::vector<Implementation> result;
    result.push_back({.label = "copies " + to_string(layout),
                      .inputs = std::vector<Layout>(match.inputs.size(), layout),
                      .outputs = {layout}});
    result.back().build = [copies = std::move(copies), leaves_gaps] {
      return make_kernel([copies, leaves_gaps](const KernelArgs& args) { copy_channels(copies, leaves_gaps, args); });
    };
    return result;
  }

 private:
  static ChannelCopy copy_of(const Node& node, const Shape& x, const Shape& y, const Layout& layout, int64_t first) {
    ChannelCopy copy{rows_of(x, layout), rows_of(y, layout), width_of(x), width_of(y), 0, 0, std::min(x[1], y[1])};
    if (node.op == &concat_op()) copy.dst_first = first, copy.channels = x[1];
    if (node.op == &slice_channels_op()) copy.src_first = node.attributes.as<SliceChannelsAttrs>().begin;
    if (node.op == &pad_channels_op()) {
      const auto& pad = node.attributes.as<PadChannelsAttrs>();
      copy.dst_first = pad.before;
      copy.src_stride = pad.stride;
    }
    if (node.op == &pad_channels_backward_op()) {
      const auto& pad = node.attributes.as<PadChannelsBackwardAttrs>().pad;
      copy.src_first = pad.before;
      copy.dst_stride = pad.stride;
    }
    return copy;
  }
};

}  // namespace

void add_channels(Patterns& patterns, Packers&) {
  patterns.push_back(std::make_unique<ChannelsPattern>());
}

}  // namespace residual::cpu::kernels
