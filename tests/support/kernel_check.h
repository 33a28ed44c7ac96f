// Runs every implementation that a backend has for a graph, each alone, on the oracle's values of its inputs, and compares its
// outputs with the oracle's.
#pragma once

#include <algorithm>
#include <cmath>
#include <set>

#include "support/case_builder.h"

namespace residual::support {

/// The tolerance of a kernel, relative to the oracle's largest value in that tensor.
struct Tolerance {
  double reals = 1e-5;     ///< where rounding differs
  double winograd = 5e-5;  ///< Winograd's transforms are less accurate
};

/// Empty when the tensors agree; else the difference. `allowed` 0: exactly the same values.
inline std::string difference(const Tensor& found, const Tensor& expected, double allowed) {
  double largest = 0, worst = 0;
  size_t place = 0;
  for (size_t i = 0; i < static_cast<size_t>(expected.elements()); ++i) {
    const double wanted = element(expected, i), error = std::abs(element(found, i) - wanted);
    largest = std::max(largest, std::abs(wanted));
    if (!(error <= worst)) worst = error, place = i;
    if (std::isnan(error)) break;
  }
  if (worst <= allowed * largest) return {};
  return fmt::format("element {} of {} is {}, expected {}: off by {:.2e} of the largest, {:.1e} is allowed", place,
                     to_string(expected.shape()), element(found, place), element(expected, place), worst / largest, allowed);
}

/// Memory followed by a guard area that must not change.
class Guarded {
 public:
  explicit Guarded(size_t bytes) : bytes_(bytes), buffer_(bytes + kMargin) { std::memset(buffer_.data(), 0xFF, bytes + kMargin); }
  std::byte* data() const { return buffer_.data(); }
  bool intact() const {
    return std::all_of(data() + bytes_, data() + bytes_ + kMargin, [](std::byte b) { return b == std::byte{0xFF}; });
  }

 private:
  static constexpr size_t kMargin = 256;
  size_t bytes_;
  Buffer buffer_;
};

class KernelCheck {
 public:
  KernelCheck(const Backend& backend, const Case& example, Tolerance tolerance = {})
      : backend_(backend), case_(example), tolerance_(tolerance), oracle_(example.graph, example.tensors), view_(example.graph) {}

  /// Checks every match that ends at `last`, its inputs in layouts like `wanted` where they are images. Appends failures to
  /// `failures` and returns the number of kernels that were run.
  int check(NodeId last, const Layout& wanted, std::vector<std::string>& failures) {
    int kernels = 0;
    for (const auto& pattern : backend_.patterns()) {
      for (const Match& match : pattern->match(view_, last)) {
        if (!acceptable(match)) continue;
        covered_.insert(match.what);
        std::vector<Layout> layouts;
        for (const Value& value : match.inputs) layouts.push_back(layout_of(value, wanted));
        for (Implementation& implementation : pattern->implementations(case_.graph, match, layouts)) {
          ++kernels;
          for (const bool in_place : {false, true}) run(match, implementation, in_place, failures);
        }
      }
    }
    return kernels;
  }

  /// The ops covered by the checked matches: "conv2d + add + relu", …
  const std::set<std::string>& covered() const { return covered_; }

 private:
  // The rule of plans: no node outside the match reads an inner value.
  bool acceptable(const Match& match) const {
    for (const NodeId id : match.nodes) {
      for (int32_t i = 0; i < static_cast<int32_t>(case_.graph.node(id).outputs.size()); ++i) {
        const Value value{id, i};
        if (std::find(match.outputs.begin(), match.outputs.end(), value) != match.outputs.end()) continue;
        if (view_.is_output(value)) return false;
        for (const NodeId reader : view_.readers(value)) {
          if (std::find(match.nodes.begin(), match.nodes.end(), reader) == match.nodes.end()) return false;
        }
      }
    }
    return true;
  }

  // Variables are plain, and so are values that are not floating-point images.
  Layout layout_of(Value value, const Layout& wanted) const {
    const TensorType& type = case_.graph.type(value);
    const bool source = case_.graph.node(value.node).op == &variable_op();
    return type.shape.rank() != 4 || source ? Layout::plain() : wanted;
  }

  bool reorder(const TensorType& type, const Layout& from, const Layout& to, const std::byte* src, std::byte* dst) const {
    if (from == to) {
      std::memcpy(dst, src, bytes_in(type, from));
      return true;
    }
    std::optional<Implementation> way = residual::reorder(backend_, type, from, to);
    if (!way) way = residual::reorder(*make_reference_backend(), type, from, to);
    if (!way) return false;
    const Buffer scratch(way->scratch_bytes);
    const auto kernel = way->build();
    return BoundKernel(*kernel).run(&src, &dst, scratch.data()).ok();
  }

  void run(const Match& match, Implementation& implementation, bool in_place, std::vector<std::string>& failures) {
    const bool required =
        std::any_of(implementation.in_place.begin(), implementation.in_place.end(), [](const auto& a) { return a.required; });
    if (in_place ? implementation.in_place.empty() : required) return;
    const auto complain = [&](std::string_view what) {
      failures.push_back(fmt::format("{} by {} '{}'{}: {}\n{}", match.what, backend_.name(), implementation.label,
                                     in_place ? ", in place" : "", what, case_.what));
    };
    std::vector<Guarded> in, out;
    for (size_t i = 0; i < match.inputs.size(); ++i) {
      const TensorType& type = case_.graph.type(match.inputs[i]);
      in.emplace_back(
          std::max(bytes_in(type, implementation.inputs[i]), largest_alias(match, implementation, static_cast<int>(i))));
      if (!reorder(type, Layout::plain(), implementation.inputs[i], oracle_.at(match.inputs[i]).data(), in.back().data())) {
        complain(
            fmt::format("input {} wants layout {}, which cannot be made from plain", i, to_string(implementation.inputs[i])));
        return;
      }
    }
    std::vector<const std::byte*> sources;
    std::vector<std::byte*> destinations;
    for (const Guarded& memory : in) sources.push_back(memory.data());
    for (size_t i = 0; i < match.outputs.size(); ++i) {
      out.emplace_back(bytes_in(case_.graph.type(match.outputs[i]), implementation.outputs[i]));
      destinations.push_back(out.back().data());
    }
    if (in_place) {
      for (const auto& alias : implementation.in_place) {
        destinations[static_cast<size_t>(alias.output)] = in[static_cast<size_t>(alias.input)].data();
      }
    }
    const Guarded scratch(implementation.scratch_bytes);
    const auto kernel = implementation.build();
    if (!BoundKernel(*kernel).run(sources.data(), destinations.data(), scratch.data()).ok()) complain("it failed");
    judge(match, implementation, destinations, complain);
    const auto intact = [](const Guarded& memory) { return memory.intact(); };
    if (!std::all_of(in.begin(), in.end(), intact) || !std::all_of(out.begin(), out.end(), intact) || !scratch.intact()) {
      complain("it wrote beyond the end of a tensor");
    }
  }

  size_t largest_alias(const Match& match, const Implementation& implementation, int input) const {
    size_t bytes = 0;
    for (const auto& alias : implementation.in_place) {
      const size_t output = static_cast<size_t>(alias.output);
      if (alias.input == input)
        bytes = std::max(bytes, bytes_in(case_.graph.type(match.outputs[output]), implementation.outputs[output]));
    }
    return bytes;
  }

  template <typename Complain>
  void judge(const Match& match, const Implementation& implementation, const std::vector<std::byte*>& destinations,
             Complain&& complain) const {
    const bool winograd = implementation.label.find("wino") != std::string::npos;
    const double allowed = winograd ? tolerance_.winograd : case_.exact ? 0 : tolerance_.reals;
    for (size_t i = 0; i < match.outputs.size(); ++i) {
      const TensorType& type = case_.graph.type(match.outputs[i]);
      Tensor found(type.dtype, type.shape);
      if (!reorder(type, implementation.outputs[i], Layout::plain(), destinations[i], found.data())) {
        complain(fmt::format("output {} has layout {}, which cannot be made plain", i, to_string(implementation.outputs[i])));
      } else if (const std::string wrong = difference(found, oracle_.at(match.outputs[i]), allowed); !wrong.empty()) {
        complain(fmt::format("output {}: {}", i, wrong));
      }
    }
  }

  const Backend& backend_;
  const Case& case_;
  Tolerance tolerance_;
  Oracle oracle_;
  GraphView view_;
  std::set<std::string> covered_;
};

}  // namespace residual::support
