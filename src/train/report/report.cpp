#include "train/report/report.h"

#include <cmath>

#include "core/system/file.h"

namespace residual::train {

const EpochRecord* best_of(const RunReport& report) {
  const EpochRecord* best = nullptr;
  for (const EpochRecord& record : report.epochs) {
    if (report.best_epoch != 0
            ? record.epoch == report.best_epoch
            : std::isfinite(record.held_out_top1) && (best == nullptr || record.held_out_top1 > best->held_out_top1)) {
      best = &record;
    }
  }
  return best;
}

void write_report(const RunReport& report, const std::filesystem::path& folder) {
  replace_file(folder / "report.html", report_html(report));
  write_curves(report, folder);
}

}  // namespace residual::train
