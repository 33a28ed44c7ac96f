#include "cli/options/listed_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace residual::cli {
namespace {

// CLI11 keeps validators with their options: one that accepts everything carries the names.
constexpr std::string_view kClosed = "choices ", kOpen = "suggestions ";
constexpr char kBetween = '\n';

void attach(CLI::Option& option, std::string_view kind, const std::vector<std::string>& names) {
  option.check(CLI::Validator([](std::string&) { return std::string(); }, "",
                              fmt::format("{}{}", kind, fmt::join(names, std::string(1, kBetween)))));
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> names;
  for (size_t from = 0; from <= text.size();) {
    const size_t to = std::min(text.find(kBetween, from), text.size());
    names.emplace_back(text.substr(from, to - from));
    from = to + 1;
  }
  return names;
}

}  // namespace

CLI::Option* list_values(CLI::Option* option, const std::vector<std::string>& names) {
  const std::string help = option->get_description();
  option->description(help.empty() ? alternatives(names) : fmt::format("{}: {}", help, alternatives(names)));
  attach(*option, kClosed, names);
  return option;
}

CLI::Option* suggest(CLI::Option* option, const std::vector<std::string>& names) {
  attach(*option, kOpen, names);
  return option;
}

std::optional<ListedValues> listed_values(CLI::Option& option) {
  for (int i = 0;; ++i) {
    std::string name;
    try {
      name = option.get_validator(i)->get_name();
    } catch (const CLI::OptionNotFound&) {  // CLI11 does not tell how many there are
      return std::nullopt;
    }
    for (const std::string_view kind : {kClosed, kOpen}) {
      if (name.starts_with(kind)) return ListedValues{split(std::string_view(name).substr(kind.size())), kind == kClosed};
    }
  }
}

std::string alternatives(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "" : names.front();
  return fmt::format("{} or {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

void add_split(CLI::App& command, std::string& split) {
  list_values(command.add_option("--split", split, "Part of the data (default: test, or else validation, or else train)"),
              {"train", "validation", "test"});
}

}  // namespace residual::cli
