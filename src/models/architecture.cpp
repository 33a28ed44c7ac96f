#include "models/architecture.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "models/table.h"

namespace residual::models {
namespace {

Shape input_from(const nlohmann::json& json) {
  const auto input = json.get<std::vector<int64_t>>();
  if (input.size() != 3)
    fail(ErrorKind::kBadFile, "the architecture's input has {} dimensions, C, H, W are expected", input.size());
  for (const int64_t dim : input) {
    if (dim < 1 || dim > 65536) fail(ErrorKind::kBadFile, "the architecture's input has a dimension of {}", dim);
  }
  return Shape(std::span<const int64_t>(input));
}

int64_t classes_from(const nlohmann::json& json) {
  const auto classes = json.get<int64_t>();
  if (classes < 2 || classes > 10'000'000) fail(ErrorKind::kBadFile, "the architecture has {} classes", classes);
  return classes;
}

}  // namespace

std::string Architecture::to_json() const {
  nlohmann::ordered_json json{
      {"model", model}, {"input", std::vector<int64_t>(input.dims().begin(), input.dims().end())}, {"classes", classes}};
  if (shortcut) json["shortcut"] = name_of(*shortcut);
  if (!graph.empty()) json["graph"] = graph;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Architecture Architecture::from_json(std::string_view text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    Architecture result;
    result.model = json.at("model").get<std::string>();
    result.input = input_from(json.at("input"));
    result.classes = classes_from(json.at("classes"));
    if (json.contains("shortcut")) result.shortcut = shortcut_named(json.at("shortcut").get<std::string>());
    if (json.contains("graph")) result.graph = json.at("graph").get<std::string>();
    if (result.graph.empty()) find_model(result.model);
    return result;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kBadFile, "the architecture in the model file cannot be read: {}", error.what());
  } catch (const Error& error) {
    throw Error(ErrorKind::kBadFile, error.what());
  }
}

}  // namespace residual::models
