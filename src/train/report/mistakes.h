// The section of the report's page with the worst mistakes and their images.
#pragma once

#include <string>

#include "data/dataset.h"
#include "eval/evaluate.h"
#include "train/report/report.h"

namespace residual::train {

/// A <section> with the images in report.mistakes, embedded as data URIs; empty when there are none.
std::string mistakes_section(const RunReport& report);

/// The number of mistakes in a report.
inline constexpr int64_t kReportedMistakes = 24;

/// The images of the worst mistakes of an evaluation of `dataset`, scaled down.
std::vector<ReportedMistake> reported_mistakes(const eval::Evaluation& evaluation, const data::Dataset& dataset);

}  // namespace residual::train
