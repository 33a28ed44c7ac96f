#include "convert/recognition/identify.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "convert/recognition/recognise.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/log.h"
#include "models/named_networks.h"

namespace residual::convert {
namespace {

// Of a network that was quantized the state_dict holds whole numbers, packed, and their scales.
void refuse_quantized(const std::filesystem::path& path, const Shapes& shapes) {
  for (const auto& [name, shape] : shapes) {
    if (name.find("_packed_params") == std::string::npos && !name.ends_with(".zero_point")) continue;
    fail(ErrorKind::kBadFile,
         "'{}' holds the weights of a quantized network ('{}'), whole numbers with scales; save its weights before they are "
         "converted, as floats",
         path.string(), printable(name));
  }
}

[[noreturn]] void refuse(const std::filesystem::path& path, const Fit& fit, std::string_view what) {
  for (const Difference& difference : fit.differences) {
    const bool linear = difference.expected_shape && difference.found_shape && difference.expected_shape->rank() == 2 &&
                        difference.found_shape->rank() == 2;
    if (!linear || (*difference.found_shape)[0] != 1) continue;
    fail(ErrorKind::kBadFile,
         "'{}' ends in one logit ('{}' is {}), for a sigmoid or a regression; networks here give one logit a class. For two "
         "classes put a row of zeros before the last layer's weight and bias: torch.cat([torch.zeros_like(w), w])",
         path.string(), printable(difference.found), to_string(*difference.found_shape));
  }
  fail(ErrorKind::kBadFile, "'{}' {}: {} of its {} tensors differ\n{}", path.string(), what, fit.differences.size(),
       fit.names.size() + fit.differences.size(), side_by_side(fit));
}

[[noreturn]] void refuse_unknown(const std::filesystem::path& path, const Shapes& shapes) {
  fail(ErrorKind::kBadFile,
       "'{}' holds {} tensors, the first called '{}', that are not those of any network of the model table; name the network if "
       "it is one of them",
       path.string(), shapes.size(), printable(shapes.begin()->first));
}

// What other networks with the very same tensors do otherwise, and the option that says so.
std::vector<std::string> assumptions(const models::Architecture& architecture, const NetworkChoices& choices) {
  const std::optional<models::Description> network = models::described(architecture);
  std::vector<std::string> result;
  if (!network) return result;
  const std::vector<models::StemConvolution>& stem = network->stem.convolutions;
  if (!choices.stem_pool && stem.size() == 1 && stem[0].kernel == 3) {
    result.emplace_back(network->stem.max_pool ? "max pooling behind the stem (--stem-pool none)"
                                               : "no pooling behind the stem (--stem-pool max)");
  }
  if (!choices.stride_on_1x1 && network->block.kind == models::BlockKind::kBottleneck) {
    result.emplace_back(network->block.stride_on_1x1 ? "the stride of bottlenecks on the first 1x1"
                                                     : "the stride of bottlenecks on the 3x3 (--stride-on-1x1)");
  }
  if (!choices.shortcut_pool && network->shortcut.kind == models::Shortcut::kA &&
      network->shortcut.pool == models::ShortcutPool::kSubsample) {
    result.emplace_back("shortcuts that subsample (--shortcut-pool)");
  }
  if (!choices.output_stride) result.emplace_back("no dilation (--output-stride)");
  return result;
}

void say_recognised(const std::filesystem::path& path, const Fit& found, const NetworkChoices& choices) {
  const std::vector<std::string> assumed = assumptions(found.architecture, choices);
  const std::string unseen = assumed.empty() ? "" : fmt::format("; no tensor shows, but assumed: {}", fmt::join(assumed, ", "));
  const std::string words = described_in_words(found.architecture);
  if (found.also.empty()) {
    info("'{}': recognised as {}{}", path.string(), words, unseen);
  } else {
    warn("'{}': taken for {}; its tensors are those of {} too: name the network if it is that{}", path.string(), words,
         described_in_words(found.also.front()), unseen);
  }
}

// In one line, by what their names begin with.
void say_ignored(const std::filesystem::path& path, const Fit& fit) {
  constexpr size_t kMost = 5;
  if (fit.ignored.empty()) return;
  std::string names;
  for (size_t i = 0; i < std::min(fit.ignored.size(), kMost); ++i) {
    names += fmt::format("{}'{}'", i == 0 ? "" : ", ", printable(fit.ignored[i]));
  }
  if (fit.ignored.size() > kMost) names += fmt::format(" and {} more", fit.ignored.size() - kMost);
  const bool another = fit.ignored.size() >= fit.names.size();
  warn("'{}': {} {} no part of {} and ignored: {}{}", path.string(), fit.ignored.size(),
       fit.ignored.size() == 1 ? "tensor is" : "tensors are", fit.architecture.model, names,
       another ? "; --weights-in NAME reads those whose names begin so" : "");
}

Fit recognised(const std::filesystem::path& path, const Shapes& shapes, const NetworkChoices& choices) {
  std::optional<Fit> found = recognise(shapes);
  if (!found || !found->differences.empty()) refuse_quantized(path, shapes);
  if (!found) refuse_unknown(path, shapes);
  if (!found->differences.empty()) {
    refuse(path, *found, fmt::format("holds weights like those of {}, but not the same", found->architecture.model));
  }
  if (choices.any()) {
    models::choose(choices, found->architecture);
    Fit chosen = fit(found->architecture, shapes);
    if (!chosen.differences.empty()) {
      refuse(path, chosen, fmt::format("does not hold the weights of {}", described_in_words(chosen.architecture)));
    }
    chosen.also = std::move(found->also);
    found = std::move(chosen);
  }
  say_recognised(path, *found, choices);
  return std::move(*found);
}

std::optional<Fit> hinted(const Configuration& configuration, const Shapes& shapes, const NetworkChoices& choices) {
  if (!configuration.architecture) return std::nullopt;
  try {
    models::Architecture architecture = *configuration.architecture;
    models::choose(choices, architecture);
    Fit result = fit(architecture, shapes);
    if (result.differences.empty()) return result;
  } catch (const Error&) {  // a choice that this network does not have: the tensors decide
  }
  return std::nullopt;
}

Fit named(const std::filesystem::path& path, const Shapes& shapes, const LoadOptions& options) {
  models::Architecture architecture = *options.architecture;
  architecture.input = options.input.value_or(architecture.input);
  models::choose(options.choices, architecture);
  Fit given = fit(architecture, shapes);
  if (given.differences.empty()) return given;
  refuse_quantized(path, shapes);
  refuse(path, given, fmt::format("does not hold the weights of {}", given.architecture.model));
}

}  // namespace

std::string described_in_words(const models::Architecture& architecture) {
  std::string words = printable(architecture.model);
  if (architecture.shortcut) words += fmt::format(", shortcut {}", models::name_of(*architecture.shortcut));
  if (architecture.shortcut_pool) words += fmt::format(", shortcuts by {}", models::name_of(*architecture.shortcut_pool));
  if (architecture.norm) words += fmt::format(", norm {}", models::name_of(*architecture.norm));
  if (architecture.small_stem.value_or(false)) words += ", small stem";
  if (architecture.stem_pool) words += *architecture.stem_pool ? ", stem pool max" : ", stem pool none";
  if (architecture.separable.value_or(false)) words += ", separable blocks";
  if (architecture.stride_on_1x1.value_or(false)) words += ", stride on the 1x1";
  if (architecture.output_stride) words += fmt::format(", output stride {}", *architecture.output_stride);
  return words + fmt::format(", {} classes", architecture.classes);
}

Fit identify(const std::filesystem::path& path, const Weights& weights, const Configuration& configuration,
             const LoadOptions& options) {
  const Shapes shapes = shapes_of(weights.tensors);
  const auto found = [&] {
    if (options.architecture) return named(path, shapes, options);
    if (std::optional<Fit> result = hinted(configuration, shapes, options.choices)) return std::move(*result);
    return recognised(path, shapes, options.choices);
  };
  Fit result = found();
  say_ignored(path, result);
  return result;
}

}  // namespace residual::convert
