// Progress output of a training run: a bar on a terminal, lines with date and time, or JSON.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/options/train_options.h"
#include "cli/terminal/progress_bar.h"
#include "train/trainer.h"

namespace residual::cli {

class TrainReport {
 public:
  TrainReport(const TrainArguments& arguments, const train::TrainOptions& options);

  void start(const data::DataSource& source);
  void note(const std::string& text);
  /// Of the pass over all images before training begins. Refers to this report, which must outlive it.
  data::PassObserver reading();
  /// Refers to this report, which must outlive it.
  train::Observer observer();
  void finish(const train::TrainResult& result);

 private:
  void progress(const train::Progress& progress);
  void epoch(const train::EpochRecord& record);
  void print_line(const std::string& text);         // a line for people
  void emit(const nlohmann::ordered_json& object);  // a line for programs
  void write(const std::string& text);              // training continues when the reader has exited

  const TrainArguments& arguments_;
  const train::TrainOptions& options_;
  std::string split_ = "test";
  ProgressBar bar_;
  bool reader_gone_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace residual::cli
