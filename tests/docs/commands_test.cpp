// The commands in README.md and docs/ run as they are written, on small data: a block ```sh holds commands for a shell, of which
// those of the program are run; ```sh network marks those that download. Commands with options that stand in tables as `residual
// …` are run, too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <stdexcept>

#include "cli/program.h"
#include "docs/pages.h"
#include "layering/tree.h"

namespace {

namespace fs = std::filesystem;

using program::Outcome;

// The same command, in seconds: one epoch, small batches, few of the built-in images.
std::string shortened(std::string command) {
  const auto limit = [&](const char* option, const char* value) {
    command =
        std::regex_replace(command, std::regex(std::string(" ") + option + " [0-9.]+"), std::string(" ") + option + " " + value);
  };
  limit("--epochs", "1");
  limit("--batch-size", "4");
  const bool trains = command.find("residual train ") != std::string::npos,
             benches = command.find(" bench ") != std::string::npos;
  std::string more;
  if (trains && command.find("--epochs") == std::string::npos) more += " --epochs 1";
  if (trains && command.find("--batch-size") == std::string::npos) more += " --batch-size 4";
  if (command.find("--data shapes") != std::string::npos || command.find("data info shapes") != std::string::npos)
    more += " --train-size 24 --test-size 20";
  if (benches) more += " --seconds 0.1";
  const size_t end = std::min(command.find('>'), std::min(command.find(" #"), command.size()));
  return command.substr(0, end) + more + " " + command.substr(end);
}

// The files that the pages mention, small: data sets of a few images in every format, models, and weights that others published.
class PageFiles : public program::Workspace {
 public:
  PageFiles() {
    must("mkdir -p build bin && ln -s \"$R\" build/residual && ln -s \"$R\" bin/residual");
    must(
        "$R data sample shapes --out some --count 100 && for image in some/*.png; do class=${image##*-} && class=${class%.png} "
        "&& "
        "mkdir -p photos/$class && cp $image photos/$class/; done");
    must(
        "mkdir -p signs && for split in train val test; do mkdir signs/${split}_signs; for image in some/0[01]?-*.png; do "
        "number=${image#some/0} && "
        "cp $image signs/${split}_signs/${number:1:1}_IMG_${number:0:2}.png; done; done && tar czf signs64.tar.gz signs");
    cifar("cifar10");
    cifar("cifar-10-batches-bin");
    digits("mnist");
    must("$R train --data shapes --train-size 24 --test-size 20 --batch-size 4 --epochs 1 --out runs/first");
    must("$R convert runs/first/best.safetensors other.pth && cp other.pth resnet20-12fca82f.th");
    must("$R convert runs/first/best.safetensors exported.onnx");
    must("$R data sample shapes --out images --count 1 && cp images/000-circle.png image.png");
  }

  /// As a page finds it: a copy of one that is made once.
  explicit PageFiles(const PageFiles& made) : Workspace() {
    fs::copy(made.path(), path(), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }

  Outcome run_as_written(const std::string& command) const { return shell("PATH=\"$PWD/bin:$PATH\"; " + command); }

 private:
  void must(const std::string& text) const {
    const Outcome outcome = shell(text);
    if (outcome.code != 0) throw std::runtime_error(text + "\n" + outcome.err);
  }

  // CIFAR-10's binary version: a byte for the class, 3072 for the pixels.
  void cifar(const std::string& folder) const {
    fs::create_directories(*this / folder);
    for (const char* name : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"}) {
      std::string bytes;
      for (int i = 0; i < 10; ++i) bytes += static_cast<char>(i) + std::string(3072, static_cast<char>(20 * i));
      write(folder + "/" + name + ".bin", bytes);
    }
  }

  // MNIST's files: big-endian sizes, then the bytes.
  void digits(const std::string& folder) const {
    fs::create_directories(*this / folder);
    const auto big = [](uint32_t value) {
      std::string bytes;
      for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
      return bytes;
    };
    for (const char* split : {"train", "t10k"}) {
      std::string images = big(0x803) + big(20) + big(28) + big(28), labels = big(0x801) + big(20);
      for (int i = 0; i < 20; ++i) {
        images += std::string(784, static_cast<char>(10 * i));
        labels += static_cast<char>(i % 10);
      }
      write(std::string(folder) + "/" + split + "-images-idx3-ubyte", images);
      write(std::string(folder) + "/" + split + "-labels-idx1-ubyte", labels);
    }
  }
};

// Shell commands of a block: continued lines are joined, empty ones and comments left out.
std::vector<std::string> commands_of(const docs::Block& block) {
  std::vector<std::string> commands;
  std::string command;
  for (const std::string& line : block.lines) {
    command += line;
    if (command.ends_with('\\')) {
      command.pop_back();
      continue;
    }
    if (!command.empty() && !command.starts_with('#')) commands.push_back(command);
    command.clear();
  }
  return commands;
}

bool is_ours(const std::string& command) {
  return std::regex_search(command, std::regex("^([A-Z_]+=[^ ]+ )*(build/)?residual "));
}

// Commands that take long even so: networks for large images.
bool is_slow(const std::string& command) {
  return std::regex_search(command, std::regex("train .*(vgg16|224x224|resnet50|resnet110|keras|densenet)"));
}

std::vector<docs::Page> all_pages() {
  std::vector<docs::Page> pages = docs::pages();
  pages.insert(pages.begin(), docs::readme());
  return pages;
}

void run_all(bool slow) {
  const PageFiles made;
  size_t count = 0;
  for (const docs::Page& page : all_pages()) {
    std::vector<std::string> commands;
    for (const docs::Block& block : docs::blocks(page, "sh"))
      for (std::string& command : commands_of(block)) commands.push_back(std::move(command));
    for (const std::string& line : docs::lines_of(docs::prose(page))) {
      static const std::regex span("`(residual [^`]* --[^`]+)`");
      if (!line.starts_with('|')) continue;
      for (std::sregex_iterator match(line.begin(), line.end(), span), end; match != end; ++match)
        commands.push_back((*match)[1]);
    }
    std::erase_if(commands, [&](const std::string& command) { return !is_ours(command) || is_slow(command) != slow; });
    if (commands.empty()) continue;
    const PageFiles workspace(made);
    for (const std::string& command : commands) {
      const Outcome outcome = workspace.run_as_written(shortened(command));
      EXPECT_EQ(outcome.code, 0) << page.path << ": " << command << "\nas " << shortened(command) << "\n" << outcome.err;
      ++count;
    }
  }
  EXPECT_GE(count, slow ? 6U : 30U);
}

TEST(SlowDocsCommands, RunAsWritten) {
  run_all(false);
}

TEST(LongDocsCommands, OfLargeNetworksRunAsWritten) {
  run_all(true);
}

// What a block ```sh holds besides the program's own commands: steps of installing and of working on the project.
TEST(DocsCommands, AreOfKnownPrograms) {
  const std::set<std::string> known{"apt-get",
                                    "sudo",
                                    "git",
                                    "cmake",
                                    "make",
                                    "docker",
                                    "dpkg",
                                    "cd",
                                    "curl",
                                    "dnf",
                                    "g++",
                                    "scripts/setup",
                                    "bench/compare_pytorch",
                                    "bench/draw_speed",
                                    "build-debug/test-train"};
  for (const docs::Page& page : all_pages()) {
    for (const char* kind : {"sh", "sh network"}) {
      for (const docs::Block& block : docs::blocks(page, kind)) {
        for (const std::string& command : commands_of(block)) {
          std::string first = std::regex_replace(command, std::regex("^([A-Z_]+=[^ ]+ )+"), "");
          first = first.substr(0, first.find(' '));
          EXPECT_TRUE(is_ours(command) || known.contains(first)) << page.path << ": " << command;
        }
      }
    }
  }
}

TEST(DocsCommands, EveryTargetOfMakeExists) {
  const std::string makefile = layering::read("Makefile").text;
  const std::regex target("(?:`|\n|&& |sudo )make ([a-z-]+)");
  for (const docs::Page& page : all_pages()) {
    for (std::sregex_iterator match(page.text.begin(), page.text.end(), target), end; match != end; ++match) {
      EXPECT_NE(makefile.find("\n" + (*match)[1].str() + ":"), std::string::npos) << page.path << ": " << match->str();
    }
  }
}

TEST(DocsCommands, TheDescriptionsInTomlAreNetworks) {
  const program::Workspace workspace;
  size_t count = 0;
  for (const docs::Page& page : docs::pages()) {
    for (const docs::Block& block : docs::blocks(page, "toml")) {
      std::string text;
      for (const std::string& line : block.lines) text += line + "\n";
      workspace.write("mine.toml", text);
      const Outcome outcome = workspace.run("summary mine.toml");
      EXPECT_EQ(outcome.code, 0) << page.path << ":" << block.line << "\n" << outcome.err;
      ++count;
    }
  }
  EXPECT_GE(count, 1U);
}

}  // namespace
