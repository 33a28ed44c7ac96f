#include "train/run/run_progress.h"

#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/error.h"

namespace residual::train {
namespace {

using Json = nlohmann::ordered_json;

// The fields of a record and of the progress, by their keys, in the order in which they are written. `added` takes those that
// checkpoints of older versions lack: they keep their defaults then.
template <typename Record, typename Fields>
void for_each_field(Record& record, Fields&& fields)
  requires std::is_same_v<std::remove_const_t<Record>, EpochRecord>
{
  fields.field("epoch", record.epoch);
  fields.field("learning_rate", record.learning_rate);
  fields.field("train_loss", record.train_loss);
  fields.field("train_top1", record.train_top1);
  fields.field("test_loss", record.held_out_loss);
  fields.field("test_top1", record.held_out_top1);
  fields.field("seconds", record.seconds);
}

template <typename Progress, typename Fields>
void for_each_field(Progress& progress, Fields&& fields)
  requires std::is_same_v<std::remove_const_t<Progress>, RunProgress>
{
  fields.field("epoch", progress.epoch);
  fields.field("batch", progress.batch);
  fields.field("threads", progress.threads);
  fields.field("loss_sum", progress.running.loss_sum);
  fields.field("correct", progress.running.correct);
  fields.field("seen", progress.running.seen);
  fields.field("best_epoch", progress.best_epoch);
  fields.field("best_top1", progress.best_top1);
  fields.field("metrics_bytes", progress.metrics_bytes);
  fields.field("timings_bytes", progress.timings_bytes);
  fields.field("records", progress.records);
  fields.added("timed_kernels", progress.timed_kernels);
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

class Writer {
 public:
  template <typename T>
  void field(const char* key, const T& value) {
    json_[key] = written(value);
  }
  template <typename T>
  void added(const char* key, const T& value) {
    field(key, value);
  }
  Json json() && { return std::move(json_); }

 private:
  template <typename T>
  static Json written(const T& value) {
    return value;
  }
  static Json written(double value) { return number(value); }
  static Json written(const std::optional<double>& value) { return number(value.value_or(EpochRecord::kNone)); }
  static Json written(const std::vector<EpochRecord>& records) {
    Json all = Json::array();
    for (const EpochRecord& record : records) {
      Writer writer;
      for_each_field(record, writer);
      all.push_back(std::move(writer).json());
    }
    return all;
  }

  Json json_ = Json::object();
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  template <typename T>
  void field(const char* key, T& value) const {
    read(json_.at(key), value);
  }
  template <typename T>
  void added(const char* key, T& value) const {
    if (json_.contains(key)) field(key, value);
  }

 private:
  template <typename T>
  static void read(const Json& json, T& value) {
    value = json.get<T>();
  }
  static void read(const Json& json, double& value) { value = json.is_null() ? EpochRecord::kNone : json.get<double>(); }
  static void read(const Json& json, std::optional<double>& value) {
    if (!json.is_null()) value = json.get<double>();
  }
  static void read(const Json& json, std::vector<EpochRecord>& records) {
    for (const Json& entry : json) for_each_field(records.emplace_back(), Reader(entry));
  }

  const Json& json_;
};

}  // namespace

std::string RunProgress::to_json() const {
  Writer writer;
  for_each_field(*this, writer);
  return std::move(writer).json().dump();
}

RunProgress RunProgress::from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    RunProgress progress;
    for_each_field(progress, Reader(json));
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
