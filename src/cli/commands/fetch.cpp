// residual fetch: downloads published weights and data sets into the cache folder.
#include "fetch/fetch.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/inputs/fetched.h"
#include "cli/terminal/output.h"
#include "core/error.h"
#include "core/json_text.h"

namespace residual::cli {
namespace {

using Json = nlohmann::ordered_json;

struct FetchArguments {
  std::vector<std::string> names;
  bool list = false, json = false, quiet = false;
};

std::string_view kind_text(const fetch::Entry& entry) {
  return entry.kind == fetch::Kind::kWeights ? "weights" : "data";
}

Json to_json(const fetch::Entry& entry, const fetch::Options& options) {
  Json files = Json::array();
  for (const fetch::PublishedFile& file : entry.files) {
    files.push_back({{"name", file.name},
                     {"url", file.url},
                     {"sha256", file.sha256},
                     {"least_bytes", file.least_bytes},
                     {"most_bytes", file.most_bytes}});
  }
  Json json{{"name", entry.name}, {"kind", kind_text(entry)}, {"summary", entry.summary}};
  if (!entry.preset.empty()) json["preprocess"] = entry.preset;
  json["path"] = fetch::place_of(entry, options.folder).string();
  json["cached"] = fetch::is_there(entry, options.folder);
  json["files"] = files;
  return json;
}

std::string size_text(const fetch::Entry& entry) {
  int64_t bytes = 0;
  for (const fetch::PublishedFile& file : entry.files) bytes += file.least_bytes;
  return bytes == 0 ? "" : bytes_text(static_cast<double>(bytes));
}

void print_list(bool json) {
  const fetch::Options options = fetch::Options::of_environment();
  Json list = Json::array();
  if (!json) print("{:<20}{:<9}{:>10}  {:<7} {}\n", "name", "kind", "size", "cached", "");
  for (const fetch::Entry& entry : fetch::catalogue()) {
    if (json) {
      list.push_back(to_json(entry, options));
    } else {
      print("{:<20}{:<9}{:>10}  {:<7} {}\n", entry.name, kind_text(entry), size_text(entry),
            fetch::is_there(entry, options.folder) ? "yes" : "", entry.summary);
    }
  }
  if (json) {
    print("{}\n", indented(list));
  } else {
    print("\nFiles are kept in '{}'. Every one is checked by size and SHA-256; of weights the first 8 digits are published.\n",
          options.folder.string());
  }
}

int run_fetch(const FetchArguments& arguments) {
  show_messages(arguments.quiet);
  if (arguments.list) {
    if (!arguments.names.empty()) fail(ErrorKind::kUsage, "--list takes no name, '{}' is one", arguments.names.front());
    print_list(arguments.json);
    return 0;
  }
  if (arguments.names.empty()) fail(ErrorKind::kUsage, "a name is missing; --list shows what can be fetched");
  std::vector<const fetch::Entry*> entries;  // a wrong name is an error before anything is fetched
  for (const std::string& name : arguments.names) entries.push_back(&fetch::entry_named(name));
  Json list = Json::array();
  int code = 0;  // of the first failure; the remaining ones are still fetched
  for (const fetch::Entry* entry : entries) {
    try {
      const std::filesystem::path path = fetched(*entry, !arguments.quiet);
      list.push_back({{"name", entry->name}, {"path", path.string()}});
      if (!arguments.json) print("{}\n", path.string());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInterrupted) throw;
      complain(fmt::format("{}: {}", entry->name, error.what()));
      list.push_back({{"name", entry->name}, {"error", error.what()}});
      if (code == 0) code = exit_code(error.kind());
    }
  }
  if (arguments.json) print("{}\n", indented(list));
  return code;
}

}  // namespace

Command add_fetch(CLI::App& program) {
  CLI::App* command = program.add_subcommand("fetch", "Download published weights and data sets into the cache folder");
  auto arguments = std::make_shared<FetchArguments>();
  command->add_option("NAME", arguments->names, "What to fetch; --list shows all names");
  command->add_flag("--list", arguments->list, "What there is, and what is in the cache folder already");
  command->add_flag("--json", arguments->json, "JSON instead of lines");
  command->add_flag("--quiet", arguments->quiet, "Only warnings and errors on standard error");
  command->footer("Examples:\n  residual fetch resnet50\n  residual fetch cifar10 mnist\n  residual fetch --list");
  return {command, [arguments] { return run_fetch(*arguments); }};
}

}  // namespace residual::cli
