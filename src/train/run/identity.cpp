#include "train/run/identity.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/fnv1a.h"
#include "core/json_text.h"
#include "train/options/hyperparameter_table.h"
#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 2;  // 1: program version 0.1.0, which does not write it

Json split_json(const data::Dataset* split) {
  return split == nullptr ? Json(nullptr) : Json(split->size());
}

// Over every label and the pixels of up to 64 images spread over the split: detects other data at little cost.
std::string fingerprint(const data::Dataset* split) {
  if (split == nullptr) return {};
  Fnv1a hash;
  for (int64_t i = 0; i < split->size(); ++i) hash.add(static_cast<uint64_t>(split->label(i)));
  const int64_t nth = std::max<int64_t>(1, split->size() / 64);
  Image image;
  for (int64_t i = 0; i < split->size(); i += nth) {
    split->read(i, image);
    for (const uint8_t pixel : image.pixels) hash.add(uint64_t{pixel});
  }
  return fmt::format("{:016x}", hash.value());
}

// Crop and flip under the keys of version 0.1.0; any other random transform under its name.
Json augmentation_json(const std::vector<data::Transform>& augmentation) {
  Json json{{"crop_padding", 0}, {"flip", false}};
  for (const data::Transform& transform : augmentation) {
    if (const auto* crop = std::get_if<data::RandomCrop>(&transform)) {
      json["crop_padding"] = crop->padding;
    } else if (std::holds_alternative<data::RandomFlip>(transform)) {
      json["flip"] = true;
    } else {
      const nlohmann::ordered_json parameters = data::to_json(transform);
      json[parameters.at("step").get<std::string>()] = Json::parse(parameters.dump());
    }
  }
  return json;
}

Json data_json(const data::DataSource& source) {
  return {
      {"format", data::name_of(source.format)},
      {"classes", source.classes()},
      {"train", split_json(source.train.get())},
      {"validation", split_json(source.validation.get())},
      {"test", split_json(source.test.get())},
      {"fingerprint", {fingerprint(source.train.get()), fingerprint(source.validation.get()), fingerprint(source.test.get())}}};
}

void rename(Json& object, const char* before, const char* after) {
  object[after] = object.at(before);
  object.erase(before);
}

// 0.1.0 wrote the settings of all schedules, whichever was selected.
void upgrade_schedule(Json& schedule) {
  rename(schedule, "kind", "name");
  rename(schedule, "lr", "learning_rate");
  rename(schedule, "warmup", "warmup_steps");
  const auto selected = find_named<residual::Schedule>(schedule.at("name").get<std::string>());
  if (!selected) return;
  const std::vector<Hyperparameter>& known = find(*selected).settings;
  for (const char* name : {"step_epochs", "gamma", "milestones"}) {
    if (std::ranges::find(known, name, &Hyperparameter::name) == known.end()) schedule.erase(name);
  }
}

// Converts from 0.1.0. Parts that lower modules read and write are converted by them.
void upgrade(Json& identity) {
  identity["version"] = kVersion;
  identity["architecture"] = Json::parse(models::Architecture::from_json(identity.at("architecture").dump()).to_json());
  identity["preprocessing"] = Json::parse(data::Preprocessing::from_json(identity.at("preprocessing").dump()).to_json());
  rename(identity, "head_rate_scale", "head_learning_rate_scale");
  rename(identity.at("optimizer"), "kind", "name");
  upgrade_schedule(identity.at("schedule"));
}

}  // namespace

std::string identity_json(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing) {
  Json json{{"version", kVersion},
            {"architecture", Json::parse(options.architecture.to_json())},
            {"preprocessing", Json::parse(preprocessing.to_json())},
            {"data", data_json(source)},
            {"init", static_cast<int>(options.initialisation)},
            {"pretrained", options.pretrained},
            {"augment", augmentation_json(options.random_transforms)}};
  add_to_identity(json, options);
  return json.dump();
}

std::optional<data::Preprocessing> preprocessing_in(std::string_view identity) {
  const Json json = parse_json(identity, "the checkpoint's identity");
  if (!json.is_object() || !json.contains("preprocessing")) return std::nullopt;
  return data::Preprocessing::from_json(json.at("preprocessing").dump());
}

std::string upgraded_identity(std::string_view saved) {
  Json identity = parse_json(saved, "the checkpoint's identity");
  try {
    if (!identity.contains("version")) upgrade(identity);
    add_missing(identity);
    return identity.dump();
  } catch (const Json::exception& error) {
    fail(ErrorKind::kBadFile, "the checkpoint's identity cannot be read: {}", error.what());
  }
}

}  // namespace residual::train
