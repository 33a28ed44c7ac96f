#include "graph/parse.h"

#include <cmath>
#include <set>

#include "core/json_text.h"
#include "graph/op.h"
#include "graph/sources.h"

namespace residual {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;
constexpr size_t kMostOfAMessage = 400;              // names in it may come from a foreign file, and be as long as that
constexpr size_t kMostOutputs = 4096;                // graphs have a handful; names are compared with each other
constexpr int64_t kMostElements = int64_t{1} << 50;  // bytes and sums of sizes stay within 64 bits

/// Reads one line from left to right.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool next_is(std::string_view text) const { return rest_.starts_with(text); }

  void expect(std::string_view text) {
    if (!next_is(text)) fail(ErrorKind::kBadFile, "expected '{}' before '{}'", text, rest_.substr(0, 40));
    rest_.remove_prefix(text.size());
  }

  /// All up to one of `ends`, which stays; at least one character.
  std::string_view word(std::string_view ends) {
    const std::string_view taken = rest_.substr(0, rest_.find_first_of(ends));
    if (taken.empty()) fail(ErrorKind::kBadFile, "something is missing before '{}'", rest_.substr(0, 40));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  /// A quoted text with its quotes and escapes, as read_field takes it.
  std::string_view quoted() {
    if (!next_is("\"")) fail(ErrorKind::kBadFile, "expected a quoted text before '{}'", rest_.substr(0, 40));
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        const std::string_view taken = rest_.substr(0, i + 1);
        rest_.remove_prefix(i + 1);
        return taken;
      }
    }
    fail(ErrorKind::kBadFile, "a quoted text has no end");
  }

  std::string text() {
    std::string result;
    read_field(quoted(), result);
    return result;
  }

 private:
  std::string_view rest_;
};

void check(const TensorType& type) {
  for (const int64_t dim : type.shape.dims()) {
    if (dim < 1) fail(ErrorKind::kBadFile, "shape {} has a dimension below 1", to_string(type.shape));
  }
  if (type.shape.elements() > kMostElements) fail(ErrorKind::kBadFile, "shape {} is too large", to_string(type.shape));
}

// f32[8x3x32x32]
TensorType read_type(Line& line) {
  TensorType type;
  read_field(line.word("[ "), type.dtype);
  line.expect("[");
  read_field(line.word("] "), type.shape);
  line.expect("]");
  check(type);
  return type;
}

// %12 or %12.1
Value read_value(Line& line) {
  line.expect("%");
  const std::string_view word = line.word(",) ");
  const size_t dot = word.find('.');
  int64_t node = 0, output = 0;
  read_field(word.substr(0, dot), node);
  if (dot != std::string_view::npos) {
    read_field(word.substr(dot + 1), output);
    if (output == 0) fail(ErrorKind::kBadFile, "the first output is written without its number");
  }
  if (node < 0 || output < 0) fail(ErrorKind::kBadFile, "there is no value %{}", word);
  return {static_cast<NodeId>(node), static_cast<int32_t>(output)};
}

Role role_named(std::string_view word) {
  if (word == "parameter") return Role::kParameter;
  if (word == "statistic") return Role::kStatistic;
  if (word == "optimizer") return Role::kOptimizer;
  if (word == "average") return Role::kAverage;
  fail(ErrorKind::kBadFile, "'{}' is not one of parameter, statistic, optimizer and average", word);
}

Initializer::Kind kind_named(std::string_view word) {
  if (word == "constant") return Initializer::Kind::kConstant;
  if (word == "normal") return Initializer::Kind::kNormal;
  if (word == "uniform") return Initializer::Kind::kUniform;
  fail(ErrorKind::kBadFile, "'{}' is not one of constant, normal and uniform", word);
}

Phase phase_named(std::string_view word) {
  if (word == "backward") return Phase::kBackward;
  if (word == "update") return Phase::kUpdate;
  fail(ErrorKind::kBadFile, "phase '{}' is neither backward nor update", word);
}

class Parser {
 public:
  explicit Parser(const std::function<const OpDef*(std::string_view)>& find_op) : find_op_(find_op) {}

  // The sections follow each other: header, Variables, nodes, outputs.
  void read(std::string_view text) {
    Line line(text);
    if (!seen_header_) {
      line.expect("graph 1");
      seen_header_ = true;
    } else if (line.next_is("variable ")) {
      if (!graph_.nodes().empty() || !graph_.outputs().empty()) fail(ErrorKind::kBadFile, "Variables come before nodes");
      read_variable(line);
    } else if (line.next_is("%")) {
      if (!graph_.outputs().empty()) fail(ErrorKind::kBadFile, "nodes come before outputs");
      read_node(line);
    } else {
      read_output(line);
    }
    if (!line.done()) fail(ErrorKind::kBadFile, "the line goes on where it should end");
  }

  Graph finished() && {
    if (!seen_header_) fail(ErrorKind::kBadFile, "it is empty");
    verify(graph_);
    return std::move(graph_);
  }

 private:
  // variable "conv1.weight" f32[16x3x3x3] parameter normal(0.27)
  void read_variable(Line& line) {
    Variable variable;
    line.expect("variable ");
    variable.name = line.text();
    line.expect(" ");
    variable.type = read_type(line);
    line.expect(" ");
    variable.role = role_named(line.word(" "));
    line.expect(" ");
    variable.initializer.kind = kind_named(line.word("("));
    line.expect("(");
    read_field(line.word(")"), variable.initializer.amount);
    line.expect(")");
    if (!std::isfinite(variable.initializer.amount)) fail(ErrorKind::kBadFile, "a Variable cannot start at infinity or NaN");
    if (graph_.variables().contains(variable.name)) fail(ErrorKind::kBadFile, "variable '{}' is declared twice", variable.name);
    graph_.declare(variable);
  }

  // %2 = conv2d(%0, %1) stride=1x1 … name="conv1" : f32[8x16x32x32]
  void read_node(Line& line) {
    const Value self = read_value(line);
    if (self != Value{static_cast<NodeId>(graph_.nodes().size()), 0}) {
      fail(ErrorKind::kBadFile, "found node %{}, %{} is expected", self.node, graph_.nodes().size());
    }
    line.expect(" = ");
    const std::string_view op_name = line.word("( ");
    const OpDef* op = find_op_(op_name);
    if (op == nullptr) fail(ErrorKind::kBadFile, "there is no op '{}'", op_name);
    std::vector<Value> inputs = read_inputs(line);
    std::map<std::string, std::string> fields;
    std::string name;
    for (bool named = false; !named;) {
      line.expect(" ");
      const std::string field(line.word("= "));
      line.expect("=");
      named = field == "name";
      if (named)
        name = line.text();
      else if (!fields.emplace(field, line.next_is("\"") ? line.quoted() : line.word(" ")).second)
        fail(ErrorKind::kBadFile, "attribute '{}' is given twice", field);
    }
    const auto phase = graph_.phase(fields.contains("phase") ? phase_named(fields.extract("phase").mapped()) : Phase::kForward);
    append(*op, op->defaults.parsed(fields), std::move(inputs), name);
    line.expect(" : ");
    check_types(line, graph_.nodes().back());
  }

  std::vector<Value> read_inputs(Line& line) const {
    std::vector<Value> inputs;
    line.expect("(");
    while (!line.next_is(")")) {
      if (!inputs.empty()) line.expect(", ");
      const Value value = read_value(line);
      if (!exists(value)) fail(ErrorKind::kBadFile, "input %{}.{} is not there yet", value.node, value.output);
      inputs.push_back(value);
    }
    line.expect(")");
    return inputs;
  }

  bool exists(Value value) const {
    const auto& nodes = graph_.nodes();
    return static_cast<size_t>(value.node) < nodes.size() &&
           static_cast<size_t>(value.output) < nodes[static_cast<size_t>(value.node)].outputs.size();
  }

  void append(const OpDef& op, Attributes attributes, std::vector<Value> inputs, const std::string& name) {
    const bool source = &op == &input_op() || &op == &variable_op() || &op == &constant_op();
    if (source && !inputs.empty()) fail(ErrorKind::kBadFile, "{} takes no inputs", op.name);
    if (&op != &variable_op()) {
      graph_.append(op, std::move(attributes), std::move(inputs), name);
      return;
    }
    const auto& variable = attributes.as<VariableAttrs>();
    if (variable.variable != name)
      fail(ErrorKind::kBadFile, "variable '{}' is read under the name '{}'", variable.variable, name);
    if (!read_.insert(name).second) fail(ErrorKind::kBadFile, "variable '{}' is read by two nodes", name);
    graph_.read(name);
    if (!(graph_.nodes().back().attributes == attributes)) {
      fail(ErrorKind::kBadFile, "variable '{}' is read as another type than it is declared", name);
    }
  }

  static void check_types(Line& line, const Node& node) {
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (i > 0) line.expect(", ");
      check(node.outputs[i]);
      const TensorType written = read_type(line);
      if (written == node.outputs[i]) continue;
      fail(ErrorKind::kBadFile, "output {} is written as {}[{}], its op makes it {}[{}]", i, name_of(written.dtype),
           to_string(written.shape), name_of(node.outputs[i].dtype), to_string(node.outputs[i].shape));
    }
  }

  // output "logits" %40
  void read_output(Line& line) {
    line.expect("output ");
    const std::string name = line.text();
    line.expect(" ");
    const Value value = read_value(line);
    if (!exists(value)) fail(ErrorKind::kBadFile, "output '{}' is a value that is not there", name);
    if (graph_.outputs().size() >= kMostOutputs) fail(ErrorKind::kBadFile, "more than {} outputs", kMostOutputs);
    graph_.output(name, value);
  }

  const std::function<const OpDef*(std::string_view)>& find_op_;
  Graph graph_;
  std::set<std::string> read_;
  bool seen_header_ = false;
};

}  // namespace

Graph parse_graph(std::string_view text, const std::function<const OpDef*(std::string_view)>& find_op) {
  if (text.size() > kMostBytes)
    fail(ErrorKind::kBadFile, "a graph's text has {} bytes, at most {} are read", text.size(), kMostBytes);
  Parser parser(find_op);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos)
      fail(ErrorKind::kBadFile, "graph text, line {}: the line has no end; is the text cut?", number);
    try {
      parser.read(text.substr(0, end));
    } catch (const Error& error) {
      fail(ErrorKind::kBadFile, "graph text, line {}: {}", number, printable(error.what(), kMostOfAMessage));
    }
    text.remove_prefix(end + 1);
  }
  try {
    return std::move(parser).finished();
  } catch (const Error& error) {
    fail(ErrorKind::kBadFile, "graph text: {}", printable(error.what(), kMostOfAMessage));
  }
}

}  // namespace residual
