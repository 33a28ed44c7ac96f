// What must hold of every op, on generated graphs of it.
#include <gtest/gtest.h>

#include "graph/parse.h"
#include "ops/table.h"
#include "support/cases.h"

namespace residual {
namespace {

using support::Case;
using support::Fill;

bool is_source(const OpDef* op) {
  return op == &input_op() || op == &variable_op() || op == &constant_op() || op == &assign_op();
}

TEST(Ops, EveryOpOfTheTableHasACaseGenerator) {
  for (const OpDef* op : op_table()) EXPECT_TRUE(is_source(op) || support::makers().contains(op)) << op->name;
  EXPECT_EQ(support::makers().size() + 4, op_table().size());
}

TEST(Ops, EveryNameIsFoundAgain) {
  for (const OpDef* op : op_table()) EXPECT_EQ(find_op(op->name), op);
  EXPECT_EQ(find_op("conv3d"), nullptr);
}

TEST(Ops, EveryGeneratedGraphVerifiesAndReadsBackFromItsText) {
  for (const auto& [op, maker] : support::makers()) {
    for (uint64_t number = 0; number < 50; ++number) {
      const Case example = make_case(*op, number, Fill::kReals, DType::kF32);
      verify(example.graph);
      const std::string text = to_text(example.graph);
      EXPECT_EQ(to_text(parse_graph(text, find_op)), text);
    }
  }
}

TEST(Ops, ACaseIsTheSameWheneverItIsMade) {
  const Case first = make_case(conv2d_op(), 3, Fill::kReals, DType::kF32),
             again = make_case(conv2d_op(), 3, Fill::kReals, DType::kF32);
  EXPECT_EQ(first.what, again.what);
  for (const auto& [name, tensor] : first.tensors) {
    EXPECT_EQ(std::memcmp(tensor.data(), again.tensors.at(name).data(), tensor.bytes()), 0) << name;
  }
}

}  // namespace
}  // namespace residual
