#include "cli/reports/train_report.h"

#include <cmath>

#include "cli/process/interrupt.h"
#include "cli/reports/reading.h"
#include "cli/terminal/output.h"
#include "eval/summary.h"
#include "train/options/hyperparameter.h"

namespace residual::cli {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json to_json(const train::EpochRecord& record, const std::string& split) {
  Json json{{"event", "epoch"},
            {"epoch", record.epoch},
            {"learning_rate", number(record.learning_rate)},
            {"train_loss", number(record.train_loss)},
            {"train_top1", number(record.train_top1)}};
  if (!split.empty()) {
    json[split + "_loss"] = number(record.held_out_loss);
    json[split + "_top1"] = number(record.held_out_top1);
  }
  json["seconds"] = number(record.seconds.value_or(train::EpochRecord::kNone));
  return json;
}

}  // namespace

TrainReport::TrainReport(const TrainArguments& arguments, const train::TrainOptions& options)
    : arguments_(arguments), options_(options), bar_(!arguments.quiet && !arguments.json) {}

void TrainReport::start(const data::DataSource& source) {
  split_ = source.validation ? "validation" : source.test ? "test" : "";
  const eval::NetworkSummary summary = eval::summarize(options_.architecture);
  if (arguments_.json) {
    if (!arguments_.quiet) {
      emit({{"event", "start"},
            {"model", options_.architecture.model},
            {"input", to_string(options_.architecture.input)},
            {"classes", options_.architecture.classes},
            {"parameters", summary.parameters},
            {"data", source.found},
            {"epochs", options_.epochs},
            {"batch_size", options_.batch_size},
            {"out", options_.out.string()}});
    }
    return;
  }
  print_line(source.found);
  print_line(fmt::format("{}: input {}, {} parameters, {:.1f} million multiply-adds an image", options_.architecture.model,
                         to_string(options_.architecture.input), with_commas(summary.parameters),
                         static_cast<double>(summary.macs) / 1e6));
  print_line(fmt::format("{}, batch {}, {} at {}, {} schedule, {} steps of warm-up; output goes to {}",
                         counted(options_.epochs, "epoch"), options_.batch_size, train::name_of(options_.optimizer),
                         *options_.learning_rate, train::name_of(options_.schedule), *options_.warmup_steps,
                         options_.out.string()));
}

train::Observer TrainReport::observer() {
  return {.progress = [this](const train::Progress& now) { progress(now); },
          .epoch = [this](const train::EpochRecord& record) { epoch(record); },
          .note = [this](const std::string& text) { note(text); },
          .stop = [] { return interrupted(); }};
}

void TrainReport::note(const std::string& text) {
  if (arguments_.json && !arguments_.quiet) emit({{"event", "note"}, {"text", text}});
  if (!arguments_.json) print_line(text);
}

void TrainReport::progress(const train::Progress& now) {
  bar_.update(now.done, now.all, [&] {
    const std::string how =
        now.phase == train::Progress::Phase::kTrain
            ? fmt::format("loss {:.3f}  top-1 {:.1f}%  {:.0f} images/s", now.loss, 100 * now.top1, now.images_per_second)
            : "evaluating";
    return fmt::format("epoch {}/{}  {}  {} left", now.epoch, now.epochs, how, clock_text(now.seconds_left));
  });
}

data::PassObserver TrainReport::reading() {
  return {.progress = show_reading(bar_), .stop = interrupted};
}

void TrainReport::epoch(const train::EpochRecord& record) {
  if (arguments_.json) {
    if (!arguments_.quiet) emit(to_json(record, split_));
    return;
  }
  std::string line = fmt::format("{}  epoch {}/{}  train loss {:.4f} top-1 {:.2f}%", now_text(), record.epoch, options_.epochs,
                                 record.train_loss, 100 * record.train_top1);
  if (!split_.empty())
    line += fmt::format("  {} loss {:.4f} top-1 {:.2f}%", split_, record.held_out_loss, 100 * record.held_out_top1);
  if (record.seconds) line += fmt::format("  {}", duration(*record.seconds));
  print_line(line);
}

void TrainReport::finish(const train::TrainResult& result) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (arguments_.json) {
    Json json{{"event", "result"},
              {"epochs", result.epochs.size()},
              {"best_epoch", result.best_epoch},
              {"best_chosen_on", result.selection},
              {"best", result.best.string()},
              {"last", result.last.string()},
              {"seconds", seconds}};
    if (result.evaluation) {
      json["images"] = result.evaluation->images;
      json["correct"] = result.evaluation->correct;
      json["top1"] = result.evaluation->top1();
      json["top5"] = result.evaluation->top5();
      json["loss"] = number(result.evaluation->loss);
    }
    emit(json);
    return;
  }
  const std::string chosen = result.selection.empty()
                                 ? "the last epoch's, there is nothing to choose it on"
                                 : fmt::format("epoch {}, chosen on the {} images", result.best_epoch, result.selection);
  if (result.evaluation) {
    print_line(fmt::format("best model ({}): {} of {} right, top-1 {:.2f}%, loss {:.4f}", chosen,
                           with_commas(result.evaluation->correct), with_commas(result.evaluation->images),
                           100 * result.evaluation->top1(), result.evaluation->loss));
  } else {
    print_line(fmt::format("best model: {}", chosen));
  }
  print_line(
      fmt::format("{} in all; see {} and {}", duration(seconds), result.best.string(), (options_.out / "report.html").string()));
}

void TrainReport::print_line(const std::string& text) {
  if (arguments_.quiet) return;
  bar_.clear();
  write(text + "\n");
}

void TrainReport::emit(const Json& object) {
  write(object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void TrainReport::write(const std::string& text) {
  if (reader_gone_) return;
  try {
    print(text);
  } catch (const ReaderGone&) {
    reader_gone_ = true;
  }
}

}  // namespace residual::cli
