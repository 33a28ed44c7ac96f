#include "cli/inputs/fetched.h"

#include <chrono>
#include <system_error>

#include "cli/process/interrupt.h"
#include "cli/terminal/output.h"
#include "cli/terminal/progress_bar.h"
#include "convert/published.h"

namespace residual::cli {
namespace {

// Bytes per second since this process began with the file, and the time left at that speed.
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

std::filesystem::path obtained(const fetch::Entry& entry, bool bar) {
  const InterruptScope interrupts;
  ProgressBar line(bar);
  Pace pace;
  fetch::Options options = fetch::Options::of_environment();
  options.observer = [&](const fetch::Progress& now) {
    line.update(now.done, now.all, [&] { return pace.text(now); });
    return !interrupted();
  };
  return fetch::obtain(entry, options);
}

// The entry of that name and kind, unless there is a file or folder of that name.
const fetch::Entry* entry_for(const std::string& path, fetch::Kind kind) {
  std::error_code ignored;
  const fetch::Entry* entry = fetch::find_entry(path);
  return entry == nullptr || entry->kind != kind || std::filesystem::exists(path, ignored) ? nullptr : entry;
}

}  // namespace

std::filesystem::path fetched(const fetch::Entry& entry, bool bar) {
  const std::filesystem::path path = obtained(entry, bar);
  stop_if_interrupted();  // by a signal that arrived after the fetch
  return path;
}

std::string data_path(const std::string& path) {
  const fetch::Entry* entry = entry_for(path, fetch::Kind::kData);
  return entry == nullptr ? path : fetched(*entry).string();
}

convert::LoadedModel load_model(const std::string& file_or_name, const convert::LoadOptions& options) {
  const fetch::Entry* entry = entry_for(file_or_name, fetch::Kind::kWeights);
  return entry == nullptr ? convert::load(file_or_name, options) : convert::load_published(*entry, fetched(*entry), options);
}

std::vector<std::string> published_weights() {
  std::vector<std::string> names;
  for (const fetch::Entry& entry : fetch::catalogue()) {
    if (entry.kind == fetch::Kind::kWeights) names.push_back(entry.name);
  }
  return names;
}

}  // namespace residual::cli
