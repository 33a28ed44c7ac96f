#include "backend/cpu/onednn/onednn.h"

#include "backend/cpu/onednn/patterns.h"
#include "backend/cpu/onednn/primitive.h"

namespace residual::cpu::onednn {

void limit(Isa isa) {
  // oneDNN 2.6's cache confuses primitives that are built after their descriptor was stepped on; plans share kernels themselves.
  dnnl_set_primitive_cache_capacity(0);
  // Fails harmlessly when called again after the first primitive: the limit is already set.
  if (isa == Isa::kAvx2) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2);
  if (isa == Isa::kSse4) dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41);
}

std::string version() {
  const dnnl_version_t* found = dnnl_version();
  return fmt::format("{}.{}.{}", found->major, found->minor, found->patch);
}

namespace {

std::optional<Implementation> reorder(const TensorType& type, const Layout& from, const Layout& to) {
  auto src = descriptor_of(type, from), dst = descriptor_of(type, to);
  if (!src || !dst) return std::nullopt;
  try {
    // Weights with groups have five dimensions to oneDNN; plain, that is the same memory.
    if (from.kind == Layout::Kind::kPlain) src = src->reshape(dst->dims());
    if (to.kind == Layout::Kind::kPlain) dst = dst->reshape(src->dims());
    const dnnl::reorder::primitive_desc descriptor(engine(), *src, engine(), *dst, caller_scratch());
    Implementation implementation{.label = descriptor.impl_info_str(), .inputs = {from}, .outputs = {to}};
    implementation.scratch_bytes = descriptor.scratchpad_desc().get_size();
    std::vector<Argument> arguments{{Argument::From::kInput, DNNL_ARG_FROM, *src, 0},
                                    {Argument::From::kOutput, DNNL_ARG_TO, *dst, 0},
                                    {Argument::From::kScratch, DNNL_ARG_SCRATCHPAD, descriptor.scratchpad_desc()}};
    implementation.build = builder_of<dnnl::reorder>(descriptor, std::move(arguments));
    return implementation;
  } catch (const dnnl::error& error) {
    decline(error);
    return std::nullopt;
  }
}

class OnednnPacker final : public Packer {
 public:
  std::optional<Implementation> pack(const TensorType& type, const Layout& from, const Layout& to) const override {
    return reorder(type, from, to);
  }
};

}  // namespace

void add_kernels(Patterns& patterns, Packers& packers) {
  patterns.push_back(convolution_forward_pattern());
  patterns.push_back(convolution_backward_data_pattern());
  patterns.push_back(convolution_backward_weights_pattern());
  patterns.push_back(matrix_product_pattern());
  packers.push_back(std::make_unique<OnednnPacker>());
}

}  // namespace residual::cpu::onednn
