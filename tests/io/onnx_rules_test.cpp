// The table of ONNX operators: whole, in order, and what the documentation shows of it.
#include <array>
#include <fstream>
#include <sstream>

#include "io/onnx/import/onnx_read.h"
#include "io/onnx/import/onnx_rules.h"
#include "samples.h"

namespace residual::io {
namespace {

constexpr std::array kSome{"Add", "BatchNormalization", "Clip", "Constant", "Conv", "Gather", "MaxPool", "Squeeze", "Where"};

TEST(OnnxRules, EachFormHasItsOpsetAndTheNewestCoversTheNewestOpset) {
  for (const char* name : kSome) {
    const OnnxRule* rule = find_onnx_rule(name);
    ASSERT_NE(rule, nullptr) << name;
    ASSERT_FALSE(rule->forms.empty()) << name;
    for (size_t i = 1; i < rule->forms.size(); ++i) EXPECT_LT(rule->forms[i - 1].since, rule->forms[i].since) << name;
    EXPECT_EQ(form_of(*rule, kNewestOpset), &rule->forms.back()) << name;
    EXPECT_FALSE(rule->limits.empty()) << name;
    EXPECT_TRUE(rule->apply != nullptr || rule->fold != nullptr) << name;
  }
  EXPECT_EQ(form_of(*find_onnx_rule("Where"), 8), nullptr);
  EXPECT_EQ(find_onnx_rule("Einsum"), nullptr);
}

TEST(OnnxRules, TheTableSaysOpsetsAttributesAndLimits) {
  const std::string table = onnx_operator_table();
  EXPECT_NE(table.find("| Clip | 7 to 24 | max (to 10), min (to 10) | constant bounds, such as Relu6 |"), std::string::npos)
      << table;
  EXPECT_NE(table.find("| Where | 9 to 24 |  | constants only |"), std::string::npos) << table;
}

TEST(OnnxRules, TheDocumentationHasThisTable) {
  std::ifstream file(RESIDUAL_SOURCE_DIR "/docs/ONNX.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(onnx_operator_table()), std::string::npos) << "docs/ONNX.md should have this table:\n"
                                                                       << onnx_operator_table();
}

OnnxNode node_called(const std::string& op, const std::string& domain = "") {
  OnnxNode node;
  node.op = op, node.domain = domain;
  return node;
}

TEST(OnnxRules, WhatIsNotReadComesWithAdvice) {
  EXPECT_NE(onnx_advice(node_called("QLinearConv")).find("QuantFormat.QDQ"), std::string::npos);
  EXPECT_NE(onnx_advice(node_called("QGemm", "com.microsoft")).find("QOperator"), std::string::npos);
  EXPECT_NE(onnx_advice(node_called("ConvInteger")).find("dynamic quantization"), std::string::npos);
  EXPECT_NE(onnx_advice(node_called("If")).find("control flow"), std::string::npos);
  EXPECT_NE(onnx_advice(node_called("FusedConv", "com.microsoft")).find("before it was optimized"), std::string::npos);
  EXPECT_NE(onnx_advice(node_called("Einsum")).find("supported are Abs, Add"), std::string::npos);
}

}  // namespace
}  // namespace residual::io
