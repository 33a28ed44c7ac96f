// residual data: the statistics of a data set, and its images saved as files.
#include <cctype>
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/options/arguments.h"
#include "cli/options/listed_values.h"
#include "cli/process/interrupt.h"
#include "cli/reports/reading.h"
#include "cli/terminal/output.h"
#include "cli/terminal/progress_bar.h"
#include "core/json_text.h"
#include "data/overview/contact_sheet.h"
#include "data/overview/info.h"
#include "image/formats/png_file.h"

namespace residual::cli {
namespace {

struct DataCommandArguments {
  DataArguments data;
  MachineArguments machine;
  std::string input, out, split, contact_sheet;
  int64_t count = 10;
  bool json = false;
  CLI::App *info = nullptr, *sample = nullptr;
};

data::DataSource open(const DataCommandArguments& arguments) {
  return arguments.data.open(arguments.input.empty() ? std::nullopt : std::optional(parse_input(arguments.input)));
}

// Lists the class of each row: the image itself contains no text.
std::string sheet_text(const std::string& path, const data::ContactSheet& sheet) {
  std::string text = fmt::format("{}: {} images a class, a row each, from the top:", path, sheet.columns);
  for (const std::string& label : sheet.rows) text += " " + printable(label) + (&label == &sheet.rows.back() ? "" : ",");
  if (sheet.omitted > 0) text += fmt::format("; {} more classes are omitted", sheet.omitted);
  return text + "\n\n";
}

data::DataInfo inspect(const data::DataSource& source, const DataCommandArguments& arguments) {
  const InterruptScope interrupts;
  ProgressBar bar(!arguments.json);
  const data::DataInfo info =
      data::inspect(source, arguments.machine.threads, {.progress = show_reading(bar), .stop = interrupted});
  bar.clear();
  return info;
}

int run_info(DataCommandArguments& arguments) {
  arguments.machine.check();
  const data::DataSource source = open(arguments);
  const data::DataInfo info = inspect(source, arguments);
  if (!arguments.contact_sheet.empty()) {
    const data::ContactSheet sheet = data::contact_sheet(source.split(""));
    write_png(arguments.contact_sheet, sheet.image);
    if (!arguments.json) print("{}", sheet_text(arguments.contact_sheet, sheet));
  }
  print(arguments.json ? data::to_json(info) + "\n" : data::to_text(info));
  return 0;
}

// A class's name as part of a file's name.
std::string file_part(const std::string& label) {
  std::string result;
  for (const char letter : label) result += std::isalnum(static_cast<unsigned char>(letter)) ? letter : '-';
  return result;
}

int run_sample(DataCommandArguments& arguments) {
  check_range("--count", arguments.count, 1, 100'000);
  data::check_split(arguments.split);
  const data::DataSource source = open(arguments);
  const data::Dataset& dataset = source.split(arguments.split);
  const std::filesystem::path folder = arguments.out;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorKind::kResource, "cannot make the folder '{}': {}", folder.string(), error.message());
  for (int64_t i = 0; i < std::min(arguments.count, dataset.size()); ++i) {
    const std::string& label = dataset.classes()[static_cast<size_t>(dataset.label(i))];
    const std::filesystem::path file = folder / fmt::format("{:03}-{}.png", i, file_part(label));
    write_png(file, dataset.image(i));
    print("{}\n", file.string());
  }
  return 0;
}

}  // namespace

Command add_data(CLI::App& program) {
  CLI::App* command = program.add_subcommand("data", "Inspect a data set");
  auto arguments = std::make_shared<DataCommandArguments>();
  command->require_subcommand(1);
  arguments->info = command->add_subcommand("info", "Counts, classes, sizes, mean and standard deviation");
  arguments->sample = command->add_subcommand("sample", "Write some of the images as PNG files");
  for (CLI::App* sub : {arguments->info, arguments->sample}) {
    arguments->data.add_to(*sub, true);
    sub->add_option("--input", arguments->input, "Size of the built-in images, CxHxW");
  }
  arguments->info->add_flag("--json", arguments->json, "The same as JSON");
  arguments->info->add_option("--contact-sheet", arguments->contact_sheet,
                              "Also write a PNG file with some images of every class");
  arguments->machine.add_to(*arguments->info, false);
  arguments->info->footer("Example:\n  residual data info shapes --train-size 1000 --test-size 100 --contact-sheet shapes.png");
  arguments->sample->add_option("--out", arguments->out, "Folder to write to")->required();
  arguments->sample->add_option("--count", arguments->count, "How many")->capture_default_str();
  add_split(*arguments->sample, arguments->split);
  arguments->sample->footer("Example:\n  residual data sample shapes --out images --count 5");
  command->footer("Example:\n  residual data info shapes");
  return {command, [arguments] { return *arguments->info ? run_info(*arguments) : run_sample(*arguments); }};
}

}  // namespace residual::cli
