#include "io/torch/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <span>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "io/torch/byte_reader.h"

namespace residual::io {
namespace {

using Kind = PickleObject::Kind;

constexpr std::string_view kOrderedDict = "collections.OrderedDict";

// The machine that a pickle is a program for: a stack, marks on it, and a memo.
class Matcher {
 public:
  Matcher(const Source& source, uint64_t offset) : name_(source.name), bytes_(source, offset) {}

  Pickle match() {
    while (true) {
      const uint8_t opcode = bytes_.byte();
      if (opcode == '.') break;
      step(opcode);
    }
    pickle_.root = pop();
    if (!stack_.empty() || !marks_.empty()) bad("more than one object is left when its pickle stops");
    pickle_.end = bytes_.position();
    return std::move(pickle_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::kBadFile, "'{}' is not a file of weights that can be read: {}", name_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  void step(uint8_t opcode);
  bool step_number(uint8_t opcode);
  bool step_bytes(uint8_t opcode);
  bool step_line(uint8_t opcode);
  bool step_container(uint8_t opcode);
  bool step_memo(uint8_t opcode);
  bool step_object(uint8_t opcode);

  PickleObject& at(uint32_t index) { return pickle_.objects[index]; }
  PickleObject& make(Kind kind) {
    if (pickle_.objects.size() == kMaxPickleObjects) bad("its pickle describes more than {} objects", kMaxPickleObjects);
    push(static_cast<uint32_t>(pickle_.objects.size()));
    pickle_.objects.push_back({.kind = kind});
    return pickle_.objects.back();
  }
  void integer(int64_t value, Kind kind = Kind::kInteger);
  void long_integer(uint64_t length);
  void text(uint64_t length);
  void opaque(uint64_t length);
  void name(const std::string& full) { make(Kind::kName).text = full; }
  std::string line(size_t limit = 256);
  std::string name_in_lines() {
    const std::string module = line();
    return module + "." + line();
  }
  void push(uint32_t index) {
    if (stack_.size() == kMaxPickleStack) bad("its pickle piles up more than {} objects", kMaxPickleStack);
    stack_.push_back(index);
  }
  uint32_t pop() {
    if (stack_.size() <= floor()) bad("its pickle takes an object from an empty stack at byte {}", bytes_.position());
    const uint32_t top = stack_.back();
    stack_.pop_back();
    return top;
  }
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  std::vector<uint32_t> pop_mark();
  void count_items(size_t more) {
    items_ += more;
    if (items_ > kMaxPickleItems) bad("its pickle's lists and dicts have more than {} entries", kMaxPickleItems);
  }
  void tuple(std::vector<uint32_t> members);
  void small_tuple(size_t count);
  void append(Kind kind, std::span<const uint32_t> items);
  void remember(uint32_t number);
  void recall(uint32_t number);
  void object(uint32_t callee, uint32_t arguments);
  void call();
  void build();

  std::string name_;
  ByteReader bytes_;
  Pickle pickle_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, uint32_t> memo_;
  std::array<uint32_t, 256> small_{};  // objects of the integers 0 to 255, which shapes are full of; 0: not made yet
  size_t items_ = 0;
};

// The object number 0 is None, so that no other has that number.
void Matcher::integer(int64_t value, Kind kind) {
  const bool small = kind == Kind::kInteger && value >= 0 && value < static_cast<int64_t>(small_.size());
  if (small && small_[static_cast<size_t>(value)] != 0) return push(small_[static_cast<size_t>(value)]);
  make(kind).integer = value;
  if (small) small_[static_cast<size_t>(value)] = stack_.back();
}

// LONG1, LONG4: two's complement of any length.
void Matcher::long_integer(uint64_t length) {
  if (length > 8) return opaque(length);
  uint64_t value = 0;
  for (unsigned i = 0; i < length; ++i) value |= static_cast<uint64_t>(bytes_.byte()) << (8 * i);
  if (length > 0 && length < 8 && (value >> (8 * length - 1)) != 0) value |= ~uint64_t{0} << (8 * length);
  integer(static_cast<int64_t>(value));
}

void Matcher::text(uint64_t length) {
  if (length > kMaxPickleText) return opaque(length);
  std::string& text = make(Kind::kText).text;
  for (uint64_t i = 0; i < length; ++i) text.push_back(static_cast<char>(bytes_.byte()));
}

// The bytes are passed over; one that is not there ends the pickle too early.
void Matcher::opaque(uint64_t length) {
  for (uint64_t i = 0; i < length; ++i) bytes_.byte();
  make(Kind::kOpaque);
}

std::string Matcher::line(size_t limit) {
  std::string result;
  for (char letter = static_cast<char>(bytes_.byte()); letter != '\n'; letter = static_cast<char>(bytes_.byte())) {
    if (result.size() == limit) bad("its pickle has a line of more than {} letters", limit);
    result.push_back(letter);
  }
  return result;
}

std::vector<uint32_t> Matcher::pop_mark() {
  if (marks_.empty()) bad("its pickle closes a group that was never opened at byte {}", bytes_.position());
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<uint32_t> members(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return members;
}

void Matcher::tuple(std::vector<uint32_t> members) {
  count_items(members.size());
  make(Kind::kTuple).items = std::move(members);
}

void Matcher::small_tuple(size_t count) {
  std::vector<uint32_t> members(count);
  for (size_t i = count; i-- > 0;) members[i] = pop();
  tuple(std::move(members));
}

// Classes of users may be filled like the lists and dicts that they derive from; only what they hold by key is of use.
void Matcher::append(Kind kind, std::span<const uint32_t> items) {
  if (stack_.size() <= floor()) bad("its pickle adds to nothing at byte {}", bytes_.position());
  PickleObject& to = at(stack_.back());
  if (to.kind != kind && to.kind != Kind::kObject) {
    bad("its pickle adds {} to something else", kind == Kind::kDict ? "a dict's entries" : "a list's or set's members");
  }
  if (kind == Kind::kDict && items.size() % 2 != 0) bad("its pickle holds a key without a value");
  if (kind != Kind::kDict && to.kind == Kind::kObject) return;
  count_items(items.size());
  to.items.insert(to.items.end(), items.begin(), items.end());
}

// OrderedDict() is a dict; Python 2 passes the entries as a list of pairs.
void Matcher::object(uint32_t callee, uint32_t arguments) {
  const std::vector<uint32_t>& given = at(arguments).items;
  const bool ordered_dict = at(callee).kind == Kind::kName && at(callee).text == kOrderedDict;
  const bool of_pairs =
      given.size() == 1 && at(given[0]).kind == Kind::kList && std::ranges::all_of(at(given[0]).items, [&](uint32_t pair) {
        const PickleObject& entry = at(pair);
        return (entry.kind == Kind::kList || entry.kind == Kind::kTuple) && entry.items.size() == 2;
      });
  if (!ordered_dict || (!given.empty() && !of_pairs)) {
    PickleObject& made = make(Kind::kObject);
    made.callee = callee;
    made.arguments = arguments;
    return;
  }
  std::vector<uint32_t> entries;
  if (of_pairs) {
    for (const uint32_t pair : at(given[0]).items) {
      entries.insert(entries.end(), at(pair).items.begin(), at(pair).items.end());
    }
  }
  make(Kind::kDict);
  append(Kind::kDict, entries);
}

// REDUCE, NEWOBJ: the one calls a function or class, the other makes an object of a class; nothing is called here.
void Matcher::call() {
  const uint32_t arguments = pop(), callee = pop();
  if (at(arguments).kind != Kind::kTuple) bad("its pickle calls something with other arguments than a tuple");
  object(callee, arguments);
}

// The attributes of an object. A state_dict carries the versions of its modules as one; nobody needs them.
void Matcher::build() {
  const uint32_t state = pop();
  if (stack_.size() <= floor()) bad("its pickle sets the attributes of nothing at byte {}", bytes_.position());
  if (PickleObject& to = at(stack_.back()); to.kind == Kind::kObject) to.state = state;
}

bool Matcher::step_number(uint8_t opcode) {
  switch (opcode) {
    case 'N': push(0); return true;
    case 0x88: integer(1, Kind::kBool); return true;
    case 0x89: integer(0, Kind::kBool); return true;
    case 'K': integer(bytes_.byte()); return true;
    case 'M': integer(bytes_.little_endian<uint16_t>()); return true;
    case 'J': integer(bytes_.little_endian<int32_t>()); return true;
    case 0x8a: long_integer(bytes_.byte()); return true;
    case 0x8b: long_integer(bytes_.little_endian<uint32_t>()); return true;
    case 'G': {
      const auto bits = bytes_.little_endian<uint64_t>();  // stored with the highest byte first
      make(Kind::kReal).real = std::bit_cast<double>(__builtin_bswap64(bits));
      return true;
    }
    default: return false;
  }
}

// Texts of Unicode or, in pickles of Python 2, of bytes; and bytes.
bool Matcher::step_bytes(uint8_t opcode) {
  switch (opcode) {
    case 'X':
    case 'T': text(bytes_.little_endian<uint32_t>()); return true;
    case 'U':
    case 0x8c: text(bytes_.byte()); return true;
    case 0x8d: text(bytes_.little_endian<uint64_t>()); return true;
    case 'C': opaque(bytes_.byte()); return true;
    case 'B': opaque(bytes_.little_endian<uint32_t>()); return true;
    case 0x8e:
    case 0x96: opaque(bytes_.little_endian<uint64_t>()); return true;
    default: return false;
  }
}

// Protocol 0 writes its values as lines of text; escapes in them stay as they are.
bool Matcher::step_line(uint8_t opcode) {
  switch (opcode) {
    case 'I':
    case 'L': {
      std::string digits = line();
      if (digits == "00" || digits == "01") {
        integer(digits == "01" ? 1 : 0, Kind::kBool);
        return true;
      }
      if (digits.ends_with('L')) digits.pop_back();
      int64_t value = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error == std::errc{} && end == digits.data() + digits.size())
        integer(value);
      else
        opaque(0);
      return true;
    }
    case 'F': {
      const std::string digits = line();
      double value = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error == std::errc{} && end == digits.data() + digits.size())
        make(Kind::kReal).real = value;
      else
        opaque(0);
      return true;
    }
    case 'V': make(Kind::kText).text = line(kMaxPickleText); return true;
    case 'S': {
      const std::string quoted = line(kMaxPickleText);
      if (quoted.size() < 2) bad("its pickle holds a text without quotes");
      make(Kind::kText).text = quoted.substr(1, quoted.size() - 2);
      return true;
    }
    default: return false;
  }
}

bool Matcher::step_container(uint8_t opcode) {
  switch (opcode) {
    case '(':
      if (marks_.size() == kMaxPickleDepth) bad("its pickle nests deeper than {} levels", kMaxPickleDepth);
      marks_.push_back(stack_.size());
      return true;
    case 't': tuple(pop_mark()); return true;
    case 0x85:
    case 0x86:
    case 0x87: small_tuple(opcode - size_t{0x84}); return true;
    case ')': make(Kind::kTuple); return true;
    case ']': make(Kind::kList); return true;
    case '}': make(Kind::kDict); return true;
    case 0x8f: make(Kind::kSet); return true;
    case 'l':
    case 'd':
    case 0x91: {  // all at once: a list, a dict, a frozenset
      const std::vector<uint32_t> members = pop_mark();
      const Kind kind = opcode == 'l' ? Kind::kList : opcode == 'd' ? Kind::kDict : Kind::kSet;
      make(kind);
      append(kind, members);
      return true;
    }
    case 'a': {
      const uint32_t item = pop();
      append(Kind::kList, std::span(&item, 1));
      return true;
    }
    case 's': {
      const uint32_t value = pop();
      const std::array<uint32_t, 2> entry{pop(), value};
      append(Kind::kDict, entry);
      return true;
    }
    case 'e': append(Kind::kList, pop_mark()); return true;
    case 0x90: append(Kind::kSet, pop_mark()); return true;
    case 'u': append(Kind::kDict, pop_mark()); return true;
    default: return false;
  }
}

// Objects are remembered by number. POP and POP_MARK forget what only the numbers refer to from then on.
bool Matcher::step_memo(uint8_t opcode) {
  const auto number = [&] {
    uint32_t value = 0;
    const std::string digits = line();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) bad("its pickle remembers an object by no number");
    return value;
  };
  switch (opcode) {
    case 'q': remember(bytes_.byte()); return true;
    case 'r': remember(bytes_.little_endian<uint32_t>()); return true;
    case 'p': remember(number()); return true;
    case 0x94: remember(static_cast<uint32_t>(memo_.size())); return true;
    case 'h': recall(bytes_.byte()); return true;
    case 'j': recall(bytes_.little_endian<uint32_t>()); return true;
    case 'g': recall(number()); return true;
    case '0':
      if (!marks_.empty() && marks_.back() == stack_.size())
        marks_.pop_back();
      else
        pop();
      return true;
    case '1': pop_mark(); return true;
    case '2': {
      const uint32_t top = pop();
      push(top);
      push(top);
      return true;
    }
    default: return false;
  }
}

void Matcher::remember(uint32_t number) {
  if (stack_.size() <= floor()) bad("its pickle remembers nothing at byte {}", bytes_.position());
  memo_[number] = stack_.back();
  if (memo_.size() > kMaxPickleObjects) bad("its pickle remembers more than {} objects", kMaxPickleObjects);
}

void Matcher::recall(uint32_t number) {
  const auto found = memo_.find(number);
  if (found == memo_.end()) bad("its pickle recalls an object that it never described");
  push(found->second);
}

bool Matcher::step_object(uint8_t opcode) {
  switch (opcode) {
    case 'c': name(name_in_lines()); return true;
    case 0x93: {
      const uint32_t last = pop(), module = pop();
      if (at(last).kind != Kind::kText || at(module).kind != Kind::kText) bad("it names something with other objects than texts");
      name(at(module).text + "." + at(last).text);
      return true;
    }
    case 'R':
    case 0x81: call(); return true;
    case 0x92:
      pop();
      call();
      return true;  // what is given by name is not looked at
    case 'i': {
      const std::string full = name_in_lines();
      std::vector<uint32_t> given = pop_mark();
      name(full);
      tuple(std::move(given));
      call();
      return true;
    }
    case 'o': {
      std::vector<uint32_t> given = pop_mark();
      if (given.empty()) bad("its pickle makes an object of no class");
      push(given.front());
      given.erase(given.begin());
      tuple(std::move(given));
      call();
      return true;
    }
    case 'b': build(); return true;
    case 'Q': {
      const uint32_t id = pop();
      count_items(1);
      make(Kind::kPersistent).items = {id};
      return true;
    }
    default: return false;
  }
}

void Matcher::step(uint8_t opcode) {
  if (pickle_.objects.empty()) pickle_.objects.emplace_back();  // None
  if (step_number(opcode) || step_bytes(opcode) || step_line(opcode) || step_container(opcode) || step_memo(opcode) ||
      step_object(opcode)) {
    return;
  }
  if (opcode == 0x80) {
    const uint8_t protocol = bytes_.byte();
    if (protocol > 5) bad("its pickle has protocol {}, at most 5 is known", protocol);
  } else if (opcode == 0x95) {
    bytes_.little_endian<uint64_t>();  // the length of what follows, for readers that fetch it at once
  } else {
    bad("its pickle has the opcode 0x{:02x} at byte {}, which files of weights do not use", opcode, bytes_.position() - 1);
  }
}

}  // namespace

const PickleObject* Pickle::find(const PickleObject& dict, std::string_view key) const {
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleObject& candidate = at(dict.items[i]);
    if (candidate.kind == Kind::kText && candidate.text == key) return &at(dict.items[i + 1]);
  }
  return nullptr;
}

std::string_view Pickle::maker_of(const PickleObject& object) const {
  const PickleObject& callee = at(object.callee);
  return object.kind == Kind::kObject && callee.kind == Kind::kName ? std::string_view(callee.text) : std::string_view();
}

Pickle match_pickle(const Source& source, uint64_t offset) {
  return Matcher(source, offset).match();
}

}  // namespace residual::io
