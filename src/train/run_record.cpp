#include "train/run_record.h"

#include <algorithm>
#include <cmath>

#include "core/json_text.h"

namespace residual::train {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

double number(const Json& json) {
  return json.is_null() ? EpochRecord::kNone : json.get<double>();
}

Json to_json(const EpochRecord& record) {
  return {{"epoch", record.epoch},
          {"learning_rate", number(record.learning_rate)},
          {"train_loss", number(record.train_loss)},
          {"train_top1", number(record.train_top1)},
          {"test_loss", number(record.held_out_loss)},
          {"test_top1", number(record.held_out_top1)},
          {"seconds", number(record.seconds.value_or(EpochRecord::kNone))}};
}

EpochRecord record_from(const Json& json) {
  EpochRecord record;
  record.epoch = json.at("epoch").get<int64_t>();
  record.learning_rate = number(json.at("learning_rate"));
  record.train_loss = number(json.at("train_loss"));
  record.train_top1 = number(json.at("train_top1"));
  record.held_out_loss = number(json.at("test_loss"));
  record.held_out_top1 = number(json.at("test_top1"));
  if (!json.at("seconds").is_null()) record.seconds = json.at("seconds").get<double>();
  return record;
}

Json split_json(const data::Dataset* split) {
  return split == nullptr ? Json(nullptr) : Json(split->size());
}

// FNV-1a over every label and the pixels of up to 64 images spread over the split: other data is noticed, at little cost.
std::string fingerprint(const data::Dataset* split) {
  if (split == nullptr) return {};
  uint64_t hash = 0xCBF29CE484222325;
  const auto add = [&](uint64_t value) { hash = (hash ^ value) * 0x100000001B3; };
  for (int64_t i = 0; i < split->size(); ++i) add(static_cast<uint64_t>(split->label(i)));
  const int64_t nth = std::max<int64_t>(1, split->size() / 64);
  Image image;
  for (int64_t i = 0; i < split->size(); i += nth) {
    split->read(i, image);
    for (const uint8_t pixel : image.pixels) add(pixel);
  }
  return fmt::format("{:016x}", hash);
}

Json optimizer_json(const OptimizerOptions& optimizer) {
  if (optimizer.kind == Optimizer::kSgd) {
    return {{"kind", "sgd"},
            {"momentum", optimizer.momentum},
            {"nesterov", optimizer.nesterov},
            {"weight_decay", optimizer.weight_decay}};
  }
  return {{"kind", name_of(optimizer.kind)},
          {"beta1", optimizer.beta1},
          {"beta2", optimizer.beta2},
          {"eps", optimizer.eps},
          {"weight_decay", optimizer.weight_decay}};
}

}  // namespace

std::string identity_json(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing) {
  const ScheduleOptions& schedule = options.schedule;
  const Json json{{"architecture", Json::parse(options.architecture.to_json())},
                  {"preprocessing", Json::parse(preprocessing.to_json())},
                  {"data",
                   {{"format", data::name_of(source.format)},
                    {"classes", source.classes()},
                    {"train", split_json(source.train.get())},
                    {"validation", split_json(source.validation.get())},
                    {"test", split_json(source.test.get())},
                    {"fingerprint",
                     {fingerprint(source.train.get()), fingerprint(source.validation.get()), fingerprint(source.test.get())}}}},
                  {"init", static_cast<int>(options.initialisation)},
                  {"pretrained", options.pretrained},
                  {"freeze", options.freeze},
                  {"head_learning_rate_scale", options.head_learning_rate_scale},
                  {"epochs", options.epochs},
                  {"batch_size", options.batch_size},
                  {"optimizer", optimizer_json(options.optimizer)},
                  {"schedule",
                   {{"kind", name_of(schedule.kind)},
                    {"lr", schedule.learning_rate},
                    {"warmup", schedule.warmup_steps},
                    {"step_epochs", schedule.step_epochs},
                    {"gamma", schedule.gamma},
                    {"milestones", schedule.milestones}}},
                  {"augment", {{"crop_padding", options.augmentation.crop_padding}, {"flip", options.augmentation.flip}}},
                  {"label_smoothing", options.label_smoothing},
                  {"seed", options.seed}};
  return json.dump();
}

std::string upgraded_identity(std::string_view saved) {
  Json identity = Json(parse_json(saved, "the checkpoint's identity"));
  if (identity.is_object() && identity.contains("architecture"))
    identity["architecture"] = Json::parse(models::Architecture::from_json(identity["architecture"].dump()).to_json());
  return identity.dump();
}

std::map<std::string, std::string> choices_from_json(std::string_view text) {
  try {
    return Json::parse(text).get<std::map<std::string, std::string>>();
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kBadFile, "the checkpoint's kernel choices cannot be read: {}", error.what());
  }
}

std::string RunProgress::to_json() const {
  Json all = Json::array();
  for (const EpochRecord& record : records) all.push_back(train::to_json(record));
  return Json{{"epoch", epoch},
              {"batch", batch},
              {"threads", threads},
              {"loss_sum", loss_sum},
              {"correct", correct},
              {"seen", seen},
              {"best_epoch", best_epoch},
              {"best_top1", best_top1},
              {"metrics_bytes", metrics_bytes},
              {"timings_bytes", timings_bytes},
              {"records", std::move(all)}}
      .dump();
}

RunProgress RunProgress::from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    RunProgress progress;
    progress.epoch = json.at("epoch").get<int64_t>();
    progress.batch = json.at("batch").get<int64_t>();
    progress.threads = json.at("threads").get<int64_t>();
    progress.loss_sum = json.at("loss_sum").get<double>();
    progress.correct = json.at("correct").get<int64_t>();
    progress.seen = json.at("seen").get<int64_t>();
    progress.best_epoch = json.at("best_epoch").get<int64_t>();
    progress.best_top1 = json.at("best_top1").get<double>();
    progress.metrics_bytes = json.at("metrics_bytes").get<uint64_t>();
    progress.timings_bytes = json.at("timings_bytes").get<uint64_t>();
    for (const Json& record : json.at("records")) progress.records.push_back(record_from(record));
    if (progress.epoch < 0 || progress.batch < 0 || static_cast<int64_t>(progress.records.size()) != progress.epoch) {
      fail(ErrorKind::kBadFile, "the checkpoint's progress contradicts itself: {} epochs, {} records", progress.epoch,
           progress.records.size());
    }
    return progress;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kBadFile, "the checkpoint's progress cannot be read: {}", error.what());
  }
}

nlohmann::ordered_json metrics_line(const EpochRecord& record, int64_t step, std::string_view split) {
  Json line{{"epoch", record.epoch},
            {"step", step},
            {"learning_rate", number(record.learning_rate)},
            {"train_loss", number(record.train_loss)},
            {"train_top1", number(record.train_top1)}};
  if (!split.empty()) {
    line[fmt::format("{}_loss", split)] = number(record.held_out_loss);
    line[fmt::format("{}_top1", split)] = number(record.held_out_top1);
  }
  return line;
}

}  // namespace residual::train
