#include "models/networks/vgg.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/pooling/pool.h"
#include "ops/shape/flatten.h"

namespace residual::models {
namespace {

// Table 1. Names count torchvision's modules: convolution, batch norm where there is one, ReLU, and pooling behind each block.
// Returns the last pooling's output and appends each pooling's input to `features`.
Value convolutions(Layers& net, Value x, const VggSpec& spec, std::vector<Feature>& features) {
  int64_t module = 0, width = 64;
  for (const int64_t count : spec.blocks) {
    for (int64_t i = 0; i < count; ++i) {
      x = net.convolution(fmt::format("features.{}", module++), x, {.channels = width, .bias = true});
      if (spec.norm) x = net.batch_norm(fmt::format("features.{}", module++), x);
      x = net.relu(fmt::format("features.{}", module++), x);
    }
    const size_t before = features.size();
    features.push_back({fmt::format("C{}", before + 1), x, int64_t{1} << before});
    x = max_pool(net.graph(), x, {.kernel = {2, 2}, .stride = {2, 2}}).y;
    ++module;
    width = std::min<int64_t>(2 * width, 512);
  }
  return x;
}

}  // namespace

std::optional<VggSpec> vgg_named(std::string_view name) {
  const bool norm = name.ends_with("_bn");
  if (norm) name.remove_suffix(3);
  if (name == "vgg11") return VggSpec{{1, 1, 2, 2, 2}, norm};
  if (name == "vgg13") return VggSpec{{2, 2, 2, 2, 2}, norm};
  if (name == "vgg16") return VggSpec{{2, 2, 3, 3, 3}, norm};
  if (name == "vgg19") return VggSpec{{2, 2, 4, 4, 4}, norm};
  return std::nullopt;
}

std::vector<std::string> vgg_names() {
  return {"vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"};
}

Network vgg(Layers& net, Value x, const VggSpec& spec, int64_t classes) {
  constexpr int64_t kLeast = 32, kPooled = 7, kHidden = 4096;
  const Shape size = net.shape(x);
  if (std::min(size[2], size[3]) < kLeast) {
    fail(ErrorKind::kUsage, "images of {}x{} are too small: the network halves them five times; it needs at least {}x{}", size[2],
         size[3], kLeast, kLeast);
  }
  Network result;
  x = convolutions(net, x, spec, result.features);
  if (net.shape(x)[2] != kPooled || net.shape(x)[3] != kPooled) x = adaptive_avg_pool(net.graph(), x, {kPooled, kPooled});
  x = flatten(net.graph(), x);
  x = net.dropout(net.relu("classifier.1", net.linear("classifier.0", x, kHidden)), 0.5);
  x = net.dropout(net.relu("classifier.4", net.linear("classifier.3", x, kHidden)), 0.5);
  result.logits = net.linear("classifier.6", x, classes);
  return result;
}

}  // namespace residual::models
