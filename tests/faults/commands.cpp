#include "commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>

#include "support/surroundings.h"

namespace faults {
namespace {

namespace fs = std::filesystem;
using residual::support::TemporaryFolder;

constexpr const char* kTrain =
    "train --data shapes --model resnet8 --input 3x8x8 --train-size 48 --test-size 16 --batch-size 16 --threads 2 "
    "--loader-threads 2 --epochs 2 --out run";
const std::vector<std::string> kOfARun = {"run/metrics.jsonl", "run/best.safetensors", "run/last.safetensors"};

std::vector<Command> all_commands() {
  const std::string train = kTrain;
  return {
      {"models", "models --json", {}},
      {"summary", "summary resnet8 --input 3x8x8 --plan --threads 2", {}},
      {"info", "data info in/photos --json", {}},
      {"archive", "data info in/photos.tar.gz --json", {}},
      {"sample",
       "data sample in/photos --count 3 --out images",
       {"images/000-arrow.png", "images/001-circle.png", "images/002-crescent.png"}},
      {"predict", "predict in/model.safetensors in/images --json --threads 2", {}},
      {"eval", "eval in/model.safetensors --data in/photos --json --threads 2 --loader-threads 2", {}},
      {"verify", "verify in/model.safetensors in/model.pth --threads 2", {}},
      {"to-pth", "convert in/model.safetensors out.pth --threads 2", {"out.pth"}},
      {"to-onnx", "convert in/model.safetensors out.onnx --threads 2", {"out.onnx"}},
      {"from-pth", "convert in/model.pth out.safetensors --input 3x8x8 --threads 2", {"out.safetensors"}},
      {"from-onnx", "convert in/model.onnx out.safetensors --threads 2", {"out.safetensors"}},
      {"train", train, kOfARun, true},
      {"photos",
       "train --data in/photos --model resnet8 --input 3x8x8 --batch-size 8 --threads 2 --loader-threads 2 --epochs 1 --out run",
       kOfARun, true},
      {"resume", train + " --resume", kOfARun, true, "begun"},
  };
}

void must(const Ending& ending, const std::string& what) {
  if (ending.code != 0 || ending.signal != 0) throw std::runtime_error(what + ": " + ending.err);
}

// photos/train/CLASS and photos/test/CLASS from images that are named NUMBER-CLASS.png.
void sort_into_classes(const fs::path& from, const fs::path& photos) {
  for (const auto& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename().string();
    const fs::path folder = photos / (name < "020" ? "train" : "test") / name.substr(4, name.find('.') - 4);
    fs::create_directories(folder);
    fs::copy(entry.path(), folder / name);
  }
}

void make_fixture(const fs::path& folder) {
  const auto make = [&](const std::string& arguments) { must(run(folder, arguments), arguments); };
  make("data sample shapes --input 3x16x16 --count 30 --out samples");
  sort_into_classes(folder / "samples", folder / "photos");
  const std::string pack = fmt::format("tar -C '{0}' -czf '{0}/photos.tar.gz' photos", folder.string());
  if (std::system(pack.c_str()) != 0) throw std::runtime_error(pack);
  fs::create_directory(folder / "images");
  fs::copy(folder / "samples" / "000-circle.png", folder / "images");
  fs::copy(fs::path(RESIDUAL_SOURCE_DIR) / "tests/data/golden/jpeg_420.jpg", folder / "images");
  make(kTrain);
  fs::copy(folder / "run" / "best.safetensors", folder / "model.safetensors");
  make("convert model.safetensors model.pth");
  make("convert model.safetensors model.onnx");
  fs::rename(folder / "run", folder / "whole");
  run(folder, kTrain, Fault{Fault::Effect::kKills, "rename", 5});
  if (!fs::exists(folder / "run" / "checkpoint.safetensors"))
    throw std::runtime_error("the run that was begun has no checkpoint");
  fs::rename(folder / "run", folder / "begun");
  for (const std::string& name : partial_files(folder / "begun")) fs::remove(folder / "begun" / name);
}

Clean run_clean(const Command& command) {
  const TemporaryFolder folder;
  prepare(folder.path(), command);
  Ending ending;
  Clean clean;
  clean.counts = count(folder.path(), command.arguments, ending);
  must(ending, command.arguments);
  clean.out = comparable(ending.out);
  clean.files = files_of(folder.path(), command);
  if (clean.files.size() != command.files.size()) throw std::runtime_error(command.name + " does not write all of its files");
  return clean;
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all = all_commands();
  return all;
}

const Command& command_named(const std::string& name) {
  const auto found = std::ranges::find(commands(), name, &Command::name);
  if (found == commands().end()) throw std::out_of_range(name);
  return *found;
}

const fs::path& fixture() {
  static const TemporaryFolder folder;
  static const bool made = [] {
    make_fixture(folder.path());
    return true;
  }();
  static_cast<void>(made);
  return folder.path();
}

void prepare(const fs::path& folder, const Command& command) {
  fs::create_directory_symlink(fixture(), folder / "in");
  if (!command.starts_with.empty()) fs::copy(fixture() / command.starts_with, folder / "run");
}

const Clean& clean_run(const Command& command) {
  static std::map<std::string, Clean> runs;
  const auto found = runs.find(command.name);
  return found != runs.end() ? found->second : runs.emplace(command.name, run_clean(command)).first->second;
}

std::string comparable(const std::string& out) {
  static const std::regex varying(R"re("(images_per_second|seconds|time)": ?[^,}]*)re"
                                  R"re(|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}|[0-9.,]+ (images/s|s\b)|[0-9]+:[0-9]{2}\b)re"
                                  R"re(|[^,:\n]* \((AVX|SSE)[^)]*\))re");
  return std::regex_replace(out, varying, "~");
}

std::vector<std::string> partial_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".part") != std::string::npos || name.find(".tmp") != std::string::npos) names.push_back(name);
  }
  return names;
}

std::map<std::string, std::string> files_of(const fs::path& folder, const Command& command) {
  std::map<std::string, std::string> files;
  for (const std::string& name : command.files) {
    std::ifstream file(folder / name, std::ios::binary);
    if (file) files[name] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

}  // namespace faults
