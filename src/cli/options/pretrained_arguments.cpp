#include "cli/options/pretrained_arguments.h"

#include <fmt/ranges.h>

#include "cli/inputs/fetched.h"
#include "cli/options/arguments.h"
#include "cli/options/listed_values.h"
#include "cli/options/model_arguments.h"
#include "core/error.h"

namespace residual::cli {
void PretrainedArguments::add_to(CLI::App& command) {
  suggest(command
              .add_option("--pretrained", file,
                          "Weights to start from: a model file, PyTorch or safetensors weights, or a name that `residual fetch "
                          "--list` shows; where the classes differ the head is new")
              ->group("Transfer"),
          published_weights());
  add_weights_in(command, weights_in);
}

std::optional<convert::LoadedModel> PretrainedArguments::load(const std::optional<models::Architecture>& named) const {
  if (!given()) return std::nullopt;
  convert::LoadedModel loaded =
      load_model(file, {.architecture = named, .input = {}, .preprocessing = {}, .choices = {}, .weights_in = weights_in});
  if (!loaded.model.architecture.graph.empty()) {
    fail(ErrorKind::kUsage,
         "--pretrained: '{}' ({}) holds no network of the model table but a graph, which can be evaluated and used but not "
         "trained",
         file, convert::name_of(loaded.kind));
  }
  return loaded;
}

std::string PretrainedArguments::describe(const convert::LoadedModel& pretrained, const train::Start& start,
                                          int64_t classes) const {
  const models::Architecture& from = pretrained.model.architecture;
  std::string text = fmt::format("starting from '{}' ({}, {})", file, from.model, convert::name_of(pretrained.kind));
  if (start.drawn.empty()) return text + ", all of its weights";
  const std::string why = classes == from.classes ? fmt::format("since some of its {} classes are others", classes)
                                                  : fmt::format("with {} classes where the file has {}", classes, from.classes);
  return text + fmt::format("; the head is new, {}: {}", why, fmt::join(start.drawn, ", "));
}

}  // namespace residual::cli
