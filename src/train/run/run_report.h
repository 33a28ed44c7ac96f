// The report of a finished run.
#pragma once

#include "data/dataset.h"
#include "runtime/plan.h"
#include "train/report/report.h"
#include "train/trainer.h"

namespace residual::train {

/// plan: the plan of the training step.
RunReport run_report(const TrainOptions& options, const data::DataSource& source, const Plan& plan, int64_t steps_per_epoch,
                     const TrainResult& result);

}  // namespace residual::train
