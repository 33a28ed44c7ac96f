// An op is one file in src/ops/, one line in its table and one entry in the file of the same name in src/backend/reference/.
#include <gtest/gtest.h>

#include <map>

#include "layering/tree.h"

namespace {

// "relu" -> "src/ops/elementwise/relu.cpp": every function `const OpDef& NAME_op() {`.
std::map<std::string, std::string> defined_ops() {
  const std::regex definition("\nconst OpDef& ([a-z0-9_]+)_op\\(\\) \\{");
  std::map<std::string, std::string> ops;
  for (const auto& file : layering::sources("src/ops")) {
    for (std::sregex_iterator match(file.text.begin(), file.text.end(), definition), end; match != end; ++match) {
      EXPECT_TRUE(ops.emplace((*match)[1], file.path).second) << (*match)[1] << " is defined twice";
    }
  }
  return ops;
}

std::ptrdiff_t mentions(const layering::File& file, const std::string& op) {
  const std::regex call("\\b" + op + "_op\\(\\)");
  return std::distance(std::sregex_iterator(file.text.begin(), file.text.end(), call), {});
}

TEST(Ops, EachIsDefinedUnderItsOwnName) {
  const auto ops = defined_ops();
  EXPECT_GT(ops.size(), 20u);
  for (const auto& [op, path] : ops) {
    EXPECT_NE(layering::read(path).text.find('"' + op + '"'), std::string::npos)
        << path << " defines " << op << "_op under another name";
  }
}

TEST(Ops, EachHasOneEntryInTheTable) {
  const layering::File table = layering::read("src/ops/table.cpp");
  for (const auto& [op, path] : defined_ops()) EXPECT_EQ(mentions(table, op), 1) << op << " in " << table.path;
}

TEST(Ops, EachHasOneReferenceKernelInTheFileOfTheSameName) {
  for (const auto& [op, path] : defined_ops()) {
    const std::string family = path.substr(std::string_view("src/ops/").size());
    const layering::File kernels = layering::read("src/backend/reference/" + family);
    EXPECT_GE(mentions(kernels, op), 1) << op << " has no loops in " << kernels.path;
  }
}

TEST(Ops, TheEngineRefersToNoneOfThemByName) {
  const auto ops = defined_ops();
  for (const char* module : {"src/core", "src/graph", "src/autodiff", "src/runtime"}) {
    for (const auto& file : layering::sources(module)) {
      for (const auto& [op, path] : ops) EXPECT_EQ(mentions(file, op), 0) << file.path << " treats " << op << " specially";
    }
  }
}

}  // namespace
