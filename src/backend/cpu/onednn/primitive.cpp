#include "backend/cpu/onednn/primitive.h"

namespace residual::cpu::onednn {

PrimitiveKernel::PrimitiveKernel(const dnnl::primitive& primitive, const std::vector<Argument>& arguments) : primitive_(primitive) {
  for (const Argument& argument : arguments) {
    memory_.push_back(dnnl::memory(argument.descriptor, engine(), nullptr));
    bound_.push_back({argument.from, argument.index, nullptr});
    arguments_.push_back({argument.dnnl, memory_.back().get()});
  }
}

void PrimitiveKernel::run(const KernelArgs& args) noexcept {
  for (size_t i = 0; i < bound_.size(); ++i) {
    Bound& bound = bound_[i];
    const void* address = bound.from == Argument::From::kInput    ? args.inputs[bound.index]
                          : bound.from == Argument::From::kOutput ? args.outputs[bound.index]
                                                                  : args.scratch;
    if (address == bound.address) continue;
    bound.address = address;
    dnnl_memory_set_data_handle(arguments_[i].memory, const_cast<void*>(address));
  }
  dnnl_primitive_execute(primitive_.get(), stream().get(), static_cast<int>(arguments_.size()), arguments_.data());
}

dnnl::primitive_attr caller_scratch() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

bool is_reference(const std::string& implementation) {
  return implementation.find("ref") != std::string::npos;
}

}  // namespace residual::cpu::onednn
