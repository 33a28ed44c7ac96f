#include "backend/cpu/onednn/primitive.h"

#include <cstring>

#include "core/threads.h"

namespace residual::cpu::onednn {
namespace {

constexpr int64_t kCopyGrain = 1 << 16;  // bytes

void copy(const std::byte* src, std::byte* dst, size_t bytes) noexcept {
  parallel_for(
      static_cast<int64_t>(bytes),
      [&](int64_t begin, int64_t end) { std::memcpy(dst + begin, src + begin, static_cast<size_t>(end - begin)); }, kCopyGrain);
}

}  // namespace

PrimitiveKernel::PrimitiveKernel(const dnnl::primitive& primitive, const std::vector<Argument>& arguments)
    : primitive_(primitive) {
  for (const Argument& argument : arguments) {
    memory_.push_back(dnnl::memory(argument.descriptor, engine(), nullptr));
    bound_.push_back({argument.from, argument.index, nullptr});
    arguments_.push_back({argument.dnnl, memory_.back().get()});
  }
}

void PrimitiveKernel::sum_into_output(size_t input, size_t bytes) {
  addend_ = input;
  addend_bytes_ = bytes;
}

void PrimitiveKernel::run(const KernelArgs& args) noexcept {
  if (addend_bytes_ > 0 && args.inputs[addend_] != args.outputs[0]) copy(args.inputs[addend_], args.outputs[0], addend_bytes_);
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

bool is_reference(const std::string& primitive_name) {
  return primitive_name.find("ref") != std::string::npos;
}

}  // namespace residual::cpu::onednn
