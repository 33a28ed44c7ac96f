#include "cli/terminal/help.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace residual::cli {
namespace {

class ShortFormatter : public CLI::Formatter {
 public:
  explicit ShortFormatter(std::vector<std::string> groups) : groups_(std::move(groups)) {}

  std::string make_group(std::string group, bool is_positional, std::vector<const CLI::Option*> options) const override {
    if (all_ || std::ranges::find(groups_, group) == groups_.end())
      return CLI::Formatter::make_group(std::move(group), is_positional, std::move(options));
    constexpr size_t kWidth = 100;
    std::string text = "\n" + group + " (--help-all explains them):\n", line = " ";
    for (const CLI::Option* option : options) {
      const std::string name = " --" + option->get_lnames().front();
      if (line.size() + name.size() > kWidth) text += std::exchange(line, " ") + "\n";
      line += name;
    }
    return text + line + "\n";
  }

  std::string make_help(const CLI::App* command, std::string name, CLI::AppFormatMode mode) const override {
    all_ = mode != CLI::AppFormatMode::Normal;
    return CLI::Formatter::make_help(command, std::move(name), mode);
  }

 private:
  std::vector<std::string> groups_;
  mutable bool all_ = false;  // CLI11 calls both functions as const ones and tells the mode to make_help alone
};

}  // namespace

void shorten_help(CLI::App& command, std::vector<std::string> groups) {
  command.formatter(std::make_shared<ShortFormatter>(std::move(groups)));
}

}  // namespace residual::cli
