#include "convert/published.h"

#include <utility>

#include "eval/imagenet/imagenet.h"
#include "models/named_networks.h"

namespace residual::convert {

LoadedModel load_published(const fetch::Entry& entry, const std::filesystem::path& file, LoadOptions options) {
  if (entry.kind != fetch::Kind::kWeights) fail(ErrorKind::kUsage, "'{}' is a data set, not a network's weights", entry.name);
  if (!options.architecture) options.architecture = models::architecture_of(entry.network);
  if (options.preprocessing.empty()) options.preprocessing = entry.preset;
  LoadedModel loaded = load(file, options);
  if (loaded.model.labels.empty() && loaded.model.architecture.classes == std::ssize(eval::imagenet_names()))
    loaded.model.labels = eval::imagenet_names();
  return loaded;
}

}  // namespace residual::convert
