// An op is one file in src/ops/, one line in its table and one entry in the file of the same name in src/backend/reference/.
#include <gtest/gtest.h>

#include <map>

#include "house/tree.h"

namespace {

// "relu" -> "src/ops/relu.cpp": every function `const OpDef& NAME_op() {` there is.
std::map<std::string, std::string> defined_ops() {
  const std::regex definition("\nconst OpDef& ([a-z0-9_]+)_op\\(\\) \\{");
  std::map<std::string, std::string> ops;
  for (const auto& file : house::sources("src/ops")) {
    for (std::sregex_iterator match(file.text.begin(), file.text.end(), definition), end; match != end; ++match) {
      EXPECT_TRUE(ops.emplace((*match)[1], file.path).second) << (*match)[1] << " is defined twice";
    }
  }
  return ops;
}

std::ptrdiff_t mentions(const house::File& file, const std::string& op) {
  const std::regex call("\\b" + op + "_op\\(\\)");
  return std::distance(std::sregex_iterator(file.text.begin(), file.text.end(), call), {});
}

TEST(Ops, each_is_defined_under_its_own_name) {
  const auto ops = defined_ops();
  EXPECT_GT(ops.size(), 20u);
  for (const auto& [op, path] : ops) {
    EXPECT_NE(house::read(path).text.find('"' + op + '"'), std::string::npos)
        << path << " defines " << op << "_op under another name";
  }
}

TEST(Ops, each_stands_once_in_the_table) {
  const house::File table = house::read("src/ops/table.cpp");
  for (const auto& [op, path] : defined_ops()) EXPECT_EQ(mentions(table, op), 1) << op << " in " << table.path;
}

TEST(Ops, each_has_one_reference_kernel_in_the_file_of_the_same_name) {
  for (const auto& [op, path] : defined_ops()) {
    const std::string family = std::filesystem::path(path).filename();
    const house::File kernels = house::read("src/backend/reference/" + family);
    EXPECT_GE(mentions(kernels, op), 1) << op << " has no loops in " << kernels.path;
  }
}

TEST(Ops, the_engine_knows_none_of_them_by_name) {
  const auto ops = defined_ops();
  for (const char* room : {"src/core", "src/graph", "src/autodiff", "src/runtime"}) {
    for (const auto& file : house::sources(room)) {
      for (const auto& [op, path] : ops) EXPECT_EQ(mentions(file, op), 0) << file.path << " treats " << op << " specially";
    }
  }
}

}  // namespace
