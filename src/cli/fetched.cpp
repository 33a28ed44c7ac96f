#include "cli/fetched.h"

#include <chrono>
#include <system_error>

#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/progress_bar.h"

namespace residual::cli {
namespace {

// Bytes a second since this process began with the file, and what is left at that pace.
class Pace {
 public:
  std::string text(const fetch::Progress& now) {
    if (now.file.url != url_) {
      url_ = now.file.url;
      first_ = now.done;
      start_ = std::chrono::steady_clock::now();
    }
    std::string line = fmt::format("{}  {} of {}", now.file.name, bytes_text(static_cast<double>(now.done)),
                                   bytes_text(static_cast<double>(now.all)));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const auto arrived = static_cast<double>(now.done - first_);
    if (seconds > 0.5 && arrived > 0) {
      const double pace = arrived / seconds;
      line += fmt::format("  {}/s  {} left", bytes_text(pace), clock_text(static_cast<double>(now.all - now.done) / pace));
    }
    return line;
  }

 private:
  std::string url_;
  int64_t first_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace

std::filesystem::path fetched(const fetch::Entry& entry, bool bar) {
  catch_interrupts();
  ProgressBar line(bar);
  Pace pace;
  fetch::Options options = fetch::Options::of_environment();
  options.observer = [&](const fetch::Progress& now) {
    line.update(now.done, now.all, [&] { return pace.text(now); });
    return !interrupted();
  };
  return fetch::obtain(entry, options);
}

std::string data_path(const std::string& path) {
  std::error_code ignored;
  const fetch::Entry* entry = fetch::find_entry(path);
  if (entry == nullptr || entry->kind != fetch::Kind::kData || std::filesystem::exists(path, ignored)) return path;
  return fetched(*entry).string();
}

WeightsFile weights_file(const std::string& path) {
  std::error_code ignored;
  const fetch::Entry* entry = fetch::find_entry(path);
  if (entry == nullptr || entry->kind != fetch::Kind::kWeights || std::filesystem::exists(path, ignored)) return {path, {}};
  return {fetched(*entry), entry->recipe};
}

}  // namespace residual::cli
