#include "backend/cuda/kernels/shape/layout.h"
#include "backend/cuda/ops/patterns.h"
#include "backend/cuda/present/launch.h"

namespace residual::cuda {
namespace {

class ChannelsLastPacker final : public Packer {
 public:
  std::optional<Implementation> pack(const TensorType& type, const Layout& from, const Layout& to) const override {
    const bool to_channels_last = from == Layout::plain() && to == Layout::channels_last();
    const bool to_plain = from == Layout::channels_last() && to == Layout::plain();
    if (type.shape.rank() != 4 || (!to_channels_last && !to_plain)) return std::nullopt;
    const kernels::LayoutChange change{type.shape[0], type.shape[1], type.shape[2] * type.shape[3], type.shape[1]};
    Implementation made{.label = "transposition", .inputs = {from}, .outputs = {to}};
    made.build = [change, bytes = size_of(type.dtype),
                  launch = to_plain ? kernels::launch_to_plain : kernels::launch_to_channels_last] {
      return launching({0}, [=](const Launch& l) { launch(l.stream(), bytes, l.in(0), l.out(), change); });
    };
    return made;
  }
};

}  // namespace

std::unique_ptr<Packer> channels_last_packer() {
  return std::make_unique<ChannelsLastPacker>();
}

}  // namespace residual::cuda
