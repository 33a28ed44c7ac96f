#include "train/run/run_progress.h"

#include <cmath>

#include "core/error.h"

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

}  // namespace

std::string RunProgress::to_json() const {
  Json all = Json::array();
  for (const EpochRecord& record : records) all.push_back(train::to_json(record));
  return Json{{"epoch", epoch},
              {"batch", batch},
              {"threads", threads},
              {"loss_sum", running.loss_sum},
              {"correct", running.correct},
              {"seen", running.seen},
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
    progress.running.loss_sum = json.at("loss_sum").get<double>();
    progress.running.correct = json.at("correct").get<int64_t>();
    progress.running.seen = json.at("seen").get<int64_t>();
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
