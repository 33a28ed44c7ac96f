// The report of a training run: report.html, curves.svg and curves.png.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "train/run/epoch_record.h"

namespace residual::train {

/// An image that the best model misclassifies.
struct ReportedMistake {
  std::string name;  ///< the image's file or index
  int64_t truth = 0, guess = 0;
  double probability = 0;  ///< of the guess
  std::vector<std::byte> png;
};

/// The learning rate at a moment of training.
struct ScheduledRate {
  double epoch = 0;  ///< epochs completed: 0.5 is half of the first
  double learning_rate = 0;
};

struct RunReport {
  std::string title;                                       ///< "resnet20 trained on CIFAR-10"
  std::string command;                                     ///< the command line that made the run
  std::vector<std::pair<std::string, std::string>> facts;  ///< properties of the run, by name: {"Data", "50,000 images …"}
  std::vector<std::string> model;                          ///< the model as lines of text: a layer table
  int64_t parameters = 0, macs = 0;                        ///< of the model, macs for one image; 0 when unknown
  std::vector<EpochRecord> epochs;                         ///< in order
  std::vector<ScheduledRate> learning_rates;               ///< in order, dense where they change fast; empty: those of epochs
  std::string split = "test";                   ///< what held_out_loss and _top1 were measured on: "test" or "validation"
  int64_t best_epoch = 0;                       ///< the epoch of best.safetensors; 0: the one with the highest held_out_top1
  std::string best_note;                        ///< "best was chosen on the test split"
  std::vector<std::string> classes;             ///< names by index; missing ones are displayed as numbers
  std::vector<std::vector<int64_t>> confusion;  ///< [true class][predicted class], images; empty when unknown
  std::string evaluated;                        ///< the split of `confusion` and `mistakes`: "test"
  std::vector<ReportedMistake> mistakes;        ///< the worst first
};

/// The page: self-contained, for any browser, without network. All texts are untrusted. Throws Error (kUsage) when the confusion
/// matrix is not square.
std::string report_html(const RunReport& report);

/// Writes report.html, and curves.svg and curves.png with gnuplot, into `folder`, each replaced as a whole. Without gnuplot it
/// warns (core/log.h) and omits the curves. Throws Error (kResource) when the folder cannot be written.
void write_report(const RunReport& report, const std::filesystem::path& folder);

/// Writes only curves.svg and curves.png; false, after a warning, when gnuplot is missing or fails. Without epochs it writes
/// nothing.
bool write_curves(const RunReport& report, const std::filesystem::path& folder);

/// The epoch of the best model: best_epoch, or else the first with the highest held_out_top1; null when there is none.
const EpochRecord* best_of(const RunReport& report);

}  // namespace residual::train
