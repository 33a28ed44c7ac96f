// residual convert: converts between the model files of different programs.
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/options/arguments.h"
#include "cli/options/model_arguments.h"
#include "cli/reports/comparison.h"
#include "cli/terminal/help.h"
#include "cli/terminal/output.h"
#include "convert/save.h"
#include "core/log.h"

namespace residual::cli {
namespace {

struct ConvertArguments {
  ModelArguments in;
  std::string out, labels;
  MachineArguments machine;
  bool no_verify = false, preprocessing_inside = false;
};

int run_convert(ConvertArguments& arguments) {
  arguments.machine.check();
  const std::filesystem::path out = arguments.out;
  const convert::FileKind kind = convert::kind_to_write(out);  // refuses an unknown one before anything is read
  convert::LoadedModel loaded = arguments.in.load();
  if (!loaded.model.preprocessing_known && arguments.preprocessing_inside) refuse_unprepared(arguments.in.file);
  if (!arguments.labels.empty()) name_classes(loaded.model, arguments.labels);
  if (!loaded.model.preprocessing_known) {
    warn("'{}' does not say how images are preprocessed, and neither will '{}'; specify it with --preprocess", arguments.in.file,
         out.string());
  }
  convert::save(out, loaded.model, {.preprocessing_inside = arguments.preprocessing_inside});
  print("{}: {}, {} classes, from {} to {}\n", out.string(), loaded.model.architecture.model, loaded.model.architecture.classes,
        convert::name_of(loaded.kind), convert::name_of(kind));
  if (arguments.no_verify) return 0;
  convert::LoadedModel written = convert::load(out);
  convert::CompareOptions options;
  options.target = arguments.machine.untuned_target();
  options.own_preprocessing = arguments.preprocessing_inside;
  const convert::Comparison comparison = convert::compare(loaded.model, written.model, nullptr, options);
  print_comparison(comparison);
  return exit_code(comparison);
}

}  // namespace

Command add_convert(CLI::App& program) {
  CLI::App* command = program.add_subcommand("convert", "Write a model as a file of another program");
  auto arguments = std::make_shared<ConvertArguments>();
  arguments->in.add_to(*command);
  command
      ->add_option("OUT", arguments->out,
                   "The file to write; its name ends in .safetensors (our model file), .pth, .pt (PyTorch) or .onnx")
      ->required();
  command->add_option("--labels", arguments->labels,
                      "File with the names of the classes, kept in the new file: one a line, or JSON");
  command->add_flag("--preprocess-inside", arguments->preprocessing_inside,
                    "ONNX: the network itself divides and normalises its images, which it then takes as 0 to 255");
  command->add_flag("--no-verify", arguments->no_verify, "Do not read the file again and compare its logits");
  arguments->machine.add_to(*command, false);
  shorten_help(*command, {"Weights", "Network", "Machine"});
  command->footer(
      "Examples:\n  residual convert runs/resnet20-shapes/best.safetensors resnet20.pth\n"
      "  residual convert resnet20-12fca82f.th resnet20.safetensors --preprocess imagenet-norm\n"
      "  residual convert runs/resnet20-shapes/best.safetensors resnet20.onnx --preprocess-inside\n"
      "The exit code is 6 when the file's logits differ from the model's.");
  return {command, [arguments] { return run_convert(*arguments); }};
}

}  // namespace residual::cli
