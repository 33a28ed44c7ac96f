#include "cli/reports/comparison.h"

#include "cli/terminal/output.h"

namespace residual::cli {
namespace {

constexpr int kDiffer = 6;

std::string layer_text(const convert::LayerDifference& layer) {
  std::string text = fmt::format("{} ({}, {})", layer.name, layer.kind, to_string(layer.output));
  if (layer.relative) text += fmt::format(", {:.1e} of its largest value", *layer.relative);
  return text;
}

}  // namespace

void print_comparison(const convert::Comparison& comparison) {
  for (const convert::BatchComparison& batch : comparison.batches) {
    print("batch {:<4}  largest difference {:.2e}, {:.2e} of the largest logit; the same class for {} of {}\n", batch.batch_size,
          batch.absolute, batch.relative, with_commas(batch.agree), counted(batch.images, "image"));
  }
  if (comparison.first) print("first layer that differs: {}\n", layer_text(*comparison.first));
  print("{}\n", comparison.same ? "the same" : "they differ");
}

int exit_code(const convert::Comparison& comparison) {
  return comparison.same ? 0 : kDiffer;
}

}  // namespace residual::cli
