#include "io/torch/tensor_calls.h"

namespace residual::io {
namespace {

using Kind = TensorCall::Kind;

constexpr std::string_view kUtils = "torch._utils.", kFromType = "torch._tensor._rebuild_from_type_v2";

std::optional<Kind> kind_of(std::string_view function) {
  if (!function.starts_with(kUtils)) return std::nullopt;
  function.remove_prefix(kUtils.size());
  if (function == "_rebuild_tensor_v2" || function == "_rebuild_tensor") return Kind::kTensor;
  if (function == "_rebuild_parameter" || function == "_rebuild_parameter_with_state") return Kind::kParameter;
  if (function == "_rebuild_qtensor") return Kind::kQuantized;
  return function.starts_with("_rebuild_") ? std::optional(Kind::kOther) : std::nullopt;
}

}  // namespace

std::optional<TensorCall> tensor_call(const Pickle& pickle, const PickleObject& object) {
  const std::string_view maker = pickle.maker_of(object);
  const PickleObject& arguments = pickle.at(object.arguments);
  if (maker != kFromType) {
    const std::optional<Kind> kind = kind_of(maker);
    return kind ? std::optional(TensorCall{*kind, &arguments}) : std::nullopt;
  }
  // _rebuild_from_type_v2(function, class, arguments, attributes)
  if (arguments.items.size() < 3) return std::nullopt;
  const PickleObject &function = pickle.at(arguments.items[0]), &inner = pickle.at(arguments.items[2]);
  if (function.kind != PickleObject::Kind::kName || inner.kind != PickleObject::Kind::kTuple) return std::nullopt;
  const std::optional<Kind> kind = kind_of(function.text);
  return kind ? std::optional(TensorCall{*kind, &inner}) : std::nullopt;
}

}  // namespace residual::io
