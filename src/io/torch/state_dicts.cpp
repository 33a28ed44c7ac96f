#include "io/torch/state_dicts.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

#include "core/error.h"
#include "core/json_text.h"
#include "core/text.h"
#include "io/torch/tensor_calls.h"

namespace residual::io {
namespace {

using Kind = PickleObject::Kind;

constexpr size_t kDeepest = 8;  // containers around a state_dict

bool is_dict(const PickleObject& object) {
  return object.kind == Kind::kDict || (object.kind == Kind::kObject && !object.items.empty());
}

// The keys as parts of a name; none for what no name has.
std::optional<std::string> key_text(const PickleObject& key) {
  if (key.kind == Kind::kText) return key.text;
  if (key.kind == Kind::kInteger) return std::to_string(key.integer);
  return std::nullopt;
}

class Search {
 public:
  Search(const Pickle& pickle, const std::string& file) : pickle_(pickle), file_(file), met_(pickle.objects.size()) {}

  std::vector<StateDict> run() {
    enter(pickle_.root, {}, {});
    for (; !open_.empty(); open_.pop_front()) visit(open_.front());
    return std::move(found_);
  }

 private:
  struct Place {
    uint32_t object;
    std::string name;
    std::vector<uint32_t> within;
  };

  // Whether a state_dict may be in it that was not found yet.
  bool is_open(uint32_t object) const {
    const Kind kind = pickle_.at(object).kind;
    return !met_[object] && (kind == Kind::kDict || kind == Kind::kList || kind == Kind::kTuple || kind == Kind::kObject);
  }

  void enter(uint32_t object, std::string name, std::vector<uint32_t> within) {
    if (within.size() > kDeepest) return;
    met_[object] = true;
    within.push_back(object);
    open_.push_back({object, std::move(name), std::move(within)});
  }

  void visit(const Place& place) {
    const PickleObject& object = pickle_.at(place.object);
    if (tensor_call(pickle_, object)) return;
    if (const PickleObject* state = module_state(object)) return take_module(*state, place);
    if (is_dict(object)) visit_dict(object, place);
    if (object.kind == Kind::kList || object.kind == Kind::kTuple) {
      for (size_t i = 0; i < object.items.size(); ++i) {
        if (is_open(object.items[i])) enter(object.items[i], named(place.name, std::to_string(i)), place.within);
      }
    }
    if (object.kind == Kind::kObject) {
      if (const PickleObject& state = pickle_.at(object.state); state.kind == Kind::kDict) visit_dict(state, place);
    }
  }

  void visit_dict(const PickleObject& dict, const Place& place) {
    take_dict(dict, place);
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      if (!is_open(dict.items[i + 1])) continue;
      if (const auto key = key_text(pickle_.at(dict.items[i]))) enter(dict.items[i + 1], named(place.name, *key), place.within);
    }
  }

  void take_dict(const PickleObject& dict, const Place& place) {
    StateDict taken{place.name, {}, 0, place.within};
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      taken.tensors += pickle_.at(dict.items[i]).kind == Kind::kText && tensor_call(pickle_, pickle_.at(dict.items[i + 1]));
    }
    if (taken.tensors == 0) return;
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const PickleObject& key = pickle_.at(dict.items[i]);
      if (key.kind == Kind::kText) taken.entries.emplace_back(named({}, key.text), dict.items[i + 1]);
    }
    found_.push_back(std::move(taken));
  }

  // torch.nn.Module: its parameters, buffers and modules are dicts among its attributes.
  const PickleObject* module_state(const PickleObject& object) {
    if (object.kind != Kind::kObject) return nullptr;
    const PickleObject& state = pickle_.at(object.state);
    if (state.kind != Kind::kDict) return nullptr;
    step(state.items.size());
    for (const std::string_view part : {"_parameters", "_buffers", "_modules"}) {
      const PickleObject* dict = pickle_.find(state, part);
      if (dict == nullptr || dict->kind != Kind::kDict) return nullptr;
    }
    return &state;
  }

  void take_module(const PickleObject& state, const Place& place) {
    StateDict taken{place.name, {}, 0, place.within};
    add_module(state, {}, 0, taken);
    if (taken.tensors > 0) found_.push_back(std::move(taken));
  }

  void add_module(const PickleObject& state, const std::string& name, size_t depth, StateDict& to) {
    constexpr size_t kDeepestModule = 64;
    if (depth > kDeepestModule) fail(ErrorKind::kBadFile, "'{}': its modules are nested deeper than {}", file_, kDeepestModule);
    add_tensors(*pickle_.find(state, "_parameters"), nullptr, name, to);
    add_tensors(*pickle_.find(state, "_buffers"), pickle_.find(state, "_non_persistent_buffers_set"), name, to);
    const PickleObject& modules = *pickle_.find(state, "_modules");
    step(modules.items.size());
    for (size_t i = 0; i + 1 < modules.items.size(); i += 2) {
      const PickleObject& key = pickle_.at(modules.items[i]);
      const PickleObject* inner = module_state(pickle_.at(modules.items[i + 1]));
      if (key.kind == Kind::kText && inner != nullptr) add_module(*inner, named(name, key.text), depth + 1, to);
    }
  }

  void add_tensors(const PickleObject& dict, const PickleObject* omitted, const std::string& module, StateDict& to) {
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      step(1);
      const PickleObject& key = pickle_.at(dict.items[i]);
      if (key.kind != Kind::kText || pickle_.at(dict.items[i + 1]).kind == Kind::kNone) continue;
      if (omitted != nullptr && holds(*omitted, key.text)) continue;
      to.entries.emplace_back(named(module, key.text), dict.items[i + 1]);
      to.tensors += tensor_call(pickle_, pickle_.at(dict.items[i + 1])).has_value();
    }
  }

  // A set, or, of protocols before 4, what set() would make of a list.
  bool holds(const PickleObject& set, const std::string& text) {
    const PickleObject* members = &set;
    if (set.kind == Kind::kObject) {
      const PickleObject& arguments = pickle_.at(set.arguments);
      if (arguments.items.empty()) return false;
      members = &pickle_.at(arguments.items[0]);
    }
    step(members->items.size());
    return std::ranges::any_of(members->items, [&](uint32_t item) { return pickle_.at(item).text == text; });
  }

  // One key may be part of any number of names.
  std::string named(const std::string& outer, const std::string& inner) {
    constexpr size_t kMostBytes = size_t{16} << 20;
    std::string name = outer.empty() ? inner : outer + "." + inner;
    name_bytes_ += name.size();
    if (name_bytes_ > kMostBytes) fail(ErrorKind::kBadFile, "'{}': its names take more than {} bytes", file_, kMostBytes);
    return name;
  }

  // What is one object in the pickle may be part of many, and of these again.
  void step(size_t objects) {
    steps_ += objects;
    if (steps_ > kMaxPickleItems) fail(ErrorKind::kBadFile, "'{}': its objects hold each other too often", file_);
  }

  const Pickle& pickle_;
  const std::string& file_;
  std::vector<bool> met_;
  std::deque<Place> open_;
  std::vector<StateDict> found_;
  size_t steps_ = 0, name_bytes_ = 0;
};

// The names under which programs put the weights, the likeliest first.
constexpr std::array<std::string_view, 10> kUsual{"state_dict", "model_state_dict", "model_state", "model",  "net",
                                                  "network",    "module",           "weights",     "params", "state"};
// Parts of the names of what is beside them: averages, the optimizer, a network that another one learns from or against.
constexpr std::array<std::string_view, 9> kBeside{"ema",      "swa",       "averag", "optim", "teacher",
                                                  "momentum", "encoder_k", "target", "disc"};

}  // namespace

std::vector<StateDict> find_state_dicts(const Pickle& pickle, const std::string& file) {
  return Search(pickle, file).run();
}

size_t likeliest(const std::vector<StateDict>& found) {
  const size_t most = std::ranges::max(found, {}, &StateDict::tensors).tensors;
  size_t best = found.size();
  for (size_t i = 0; i < found.size(); ++i) {
    if (2 * found[i].tensors < most) continue;
    if (best == found.size() || unlikelihood(found[i].name) < unlikelihood(found[best].name)) best = i;
  }
  return best;
}

size_t unlikelihood(std::string_view name) {
  if (name.empty()) return 0;
  const std::string lower = lower_case(name);
  size_t rank = 1 + kUsual.size();
  for (size_t begin = 0; begin <= lower.size();) {
    const size_t end = std::min(lower.find('.', begin), lower.size());
    const auto found = std::ranges::find(kUsual, std::string_view(lower).substr(begin, end - begin));
    if (found != kUsual.end()) rank = std::min(rank, 1 + static_cast<size_t>(found - kUsual.begin()));
    begin = end + 1;
  }
  const bool beside = std::ranges::any_of(kBeside, [&](std::string_view part) { return lower.find(part) != std::string::npos; });
  return beside ? rank + 2 + kUsual.size() : rank;
}

std::string described(const Pickle& pickle, const PickleObject& object) {
  switch (object.kind) {
    case Kind::kObject: {
      if (tensor_call(pickle, object)) return "one tensor without a name";
      const std::string_view maker = pickle.maker_of(object);
      if (maker.ends_with("builtin__.set") || maker.ends_with("builtin__.frozenset")) return "a set";  // before protocol 4
      if (maker == "_codecs.encode") return "bytes";
      return maker.empty() ? "what a class of its own would make" : fmt::format("what '{}' would make", printable(maker));
    }
    case Kind::kName: return fmt::format("the name '{}'", printable(object.text));
    case Kind::kPersistent: return "a storage";
    case Kind::kOpaque: return "bytes";
    case Kind::kSet: return "a set";
    case Kind::kDict: return "a dict";
    case Kind::kList: return "a list";
    case Kind::kTuple: return "a tuple";
    case Kind::kText: return "a text";
    case Kind::kBool:
    case Kind::kInteger:
    case Kind::kReal: return "a number";
    case Kind::kNone: break;
  }
  return "None";
}

}  // namespace residual::io
