// curves.svg and curves.png, drawn by gnuplot.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <iterator>
#include <string_view>
#include <thread>
#include <variant>

#include "core/log.h"
#include "core/system/file.h"
#include "train/report/report.h"

extern char** environ;

namespace residual::train {
namespace {

constexpr std::chrono::seconds kTimeout{60};

// A file in memory, which a child process reads or writes without either side blocking.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content = {}) : descriptor_(::memfd_create("residual", MFD_CLOEXEC)) {
    while (descriptor_ >= 0 && !content.empty()) {
      const ssize_t put = ::write(descriptor_, content.data(), content.size());
      if (put <= 0) break;
      content.remove_prefix(static_cast<size_t>(put));
    }
    good_ = descriptor_ >= 0 && content.empty() && ::lseek(descriptor_, 0, SEEK_SET) == 0;
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  bool good() const noexcept { return good_; }
  int get() const noexcept { return descriptor_; }
  std::string content() const {
    std::string text;
    char part[65536];
    for (ssize_t got; (got = ::pread(descriptor_, part, sizeof part, static_cast<off_t>(text.size()))) > 0;) {
      text.append(part, static_cast<size_t>(got));
    }
    return text;
  }

 private:
  int descriptor_;
  bool good_ = false;
};

// The output of gnuplot, or the reason why there is none.
struct Drawn {
  std::string image, problem;
};

// The child's exit status, or -1 when it had to be stopped.
int wait_for(pid_t child) {
  const auto until = std::chrono::steady_clock::now() + kTimeout;
  int status = 0;
  for (pid_t ended = 0; (ended = ::waitpid(child, &status, WNOHANG)) != child;) {
    if (ended < 0 && errno != EINTR) return -1;
    if (std::chrono::steady_clock::now() > until) {
      ::kill(child, SIGKILL);
      while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
      return -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// Runs gnuplot, without a shell, in a process group of its own: Ctrl-C ends the training but not the drawing of its curves.
Drawn gnuplot(const std::string& script) {
  const MemoryFile input(script), output, errors;
  if (!input.good() || !output.good() || !errors.good()) return {"", std::strerror(errno)};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.get(), STDERR_FILENO);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  char program[] = "gnuplot", defaults[] = "-d";  // -d: ignores the user's settings
  char* arguments[] = {program, defaults, nullptr};
  pid_t child = -1;
  const int failed = ::posix_spawnp(&child, program, &actions, &attributes, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) return {"", failed == ENOENT ? "it is not installed (package gnuplot-nox)" : std::strerror(failed)};
  const int status = wait_for(child);
  Drawn drawn{output.content(), ""};
  if (status == 0 && !drawn.image.empty()) return drawn;
  return {"",
          status < 0 ? "it did not finish" : fmt::format("it ended with status {}: {}", status, errors.content().substr(0, 500))};
}

// At most `most` bytes of a title, which gnuplot would draw beyond the edges; cut between characters (UTF-8).
std::string shortened(const std::string& title, size_t most = 110) {
  if (title.size() <= most) return title;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xC0) == 0x80) --end;
  return title.substr(0, end) + "…";
}

// A text in single quotes, in which gnuplot has no escapes; characters that would end the text or the line are removed.
std::string literal(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "’";
    } else {
      result += static_cast<unsigned char>(c) < 0x20 || c == '`' || c == 0x7f ? ' ' : c;
    }
  }
  return result + "'";
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "NaN";
}

// The lower end of the accuracy axis in percent: a multiple of ten, a little below everything that is drawn.
double lowest_accuracy(const RunReport& report) {
  double lowest = 100;
  for (const EpochRecord& record : report.epochs) {
    for (double value : {record.train_top1, record.held_out_top1}) {
      if (std::isfinite(value)) lowest = std::min(lowest, value * 100);
    }
  }
  return std::clamp(std::floor((lowest - 5) / 10) * 10, 0.0, 90.0);
}

std::string script(const RunReport& report, std::string_view terminal) {
  std::string text = fmt::format(
      "set terminal {} size 1200,520 noenhanced font 'DejaVu Sans,12' background '#ffffff'\n$run << END_OF_RUN\n", terminal);
  for (const EpochRecord& record : report.epochs) {
    text += fmt::format("{} {} {} {} {}\n", record.epoch, number(record.train_loss), number(record.train_top1 * 100),
                        number(record.held_out_loss), number(record.held_out_top1 * 100));
  }
  text += "END_OF_RUN\n";
  // One epoch is a point and needs space on either side.
  const int64_t first = report.epochs.front().epoch, last = report.epochs.back().epoch;
  text += fmt::format("set xrange [{}:{}]\n", first == last ? first - 1 : first, first == last ? last + 1 : last);
  if (last - first < 15) text += "set xtics 1\n";
  text +=
      "set encoding utf8\nset datafile missing 'NaN'\n"
      "set border 3 linecolor '#8a94a6'\nset tics nomirror textcolor '#3d4656'\nset grid linecolor '#e3e6ec' linetype 1 "
      "linewidth 1\n"
      "set xlabel 'Epoch' textcolor '#3d4656'\n";
  const std::string style = report.epochs.size() <= 40 ? "linespoints pointtype 7 pointsize 0.5" : "lines";
  const auto plot = [&](int train, int other) {
    text += fmt::format(
        "plot $run using 1:{} with {} linewidth 2.2 linecolor '#2563eb' title 'train', "
        "$run using 1:{} with {} linewidth 2.2 linecolor '#e8590c' title {}\n",
        train, style, other, style, literal(report.split));
  };
  text += fmt::format("set multiplot layout 1,2 title {} font 'DejaVu Sans,15'\n", literal(shortened(report.title)));
  text += fmt::format(
      "set title 'Accuracy'\nset ylabel 'Accuracy (%)' textcolor '#3d4656'\nset yrange [{}:100]\nset key bottom right\n",
      lowest_accuracy(report));
  plot(3, 5);
  // gnuplot cannot find a range for curves without a point.
  const bool any_loss = std::any_of(report.epochs.begin(), report.epochs.end(), [](const EpochRecord& record) {
    return std::isfinite(record.train_loss) || std::isfinite(record.held_out_loss);
  });
  text += fmt::format(
      "set title 'Loss'\nset ylabel 'Loss (mean per image)' textcolor '#3d4656'\nset yrange [0:{}]\nset key top right\n",
      any_loss ? "*" : "1");
  plot(2, 4);
  return text + "unset multiplot\n";
}

}  // namespace

bool write_curves(const RunReport& report, const std::filesystem::path& folder) {
  if (report.epochs.empty()) return true;
  for (const auto& [name, terminal] : {std::pair{"curves.svg", "svg"}, std::pair{"curves.png", "pngcairo"}}) {
    const Drawn drawn = gnuplot(script(report, terminal));
    if (!drawn.problem.empty()) {
      warn("gnuplot could not draw '{}': {}; the curves are in report.html", (folder / name).string(), drawn.problem);
      return false;
    }
    replace_file(folder / name, drawn.image);
  }
  return true;
}

}  // namespace residual::train
