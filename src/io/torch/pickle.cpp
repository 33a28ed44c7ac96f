#include "io/torch/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"

namespace residual::io {
namespace {

using Kind = PickleObject::Kind;

constexpr std::string_view kOrderedDict = "collections.OrderedDict";

// The source's bytes one after the other, through a window.
class ByteReader {
 public:
  ByteReader(const Source& source, uint64_t offset) : source_(source), next_(std::min(offset, source.size)), begin_(next_) {}

  uint64_t position() const { return next_ - (filled_ - at_); }
  uint8_t byte() {
    if (at_ == filled_) fill();
    return static_cast<uint8_t>(window_[at_++]);
  }
  template <typename T>
  T little_endian() {
    std::array<std::byte, sizeof(T)> bytes;
    for (std::byte& each : bytes) each = static_cast<std::byte>(byte());
    return std::bit_cast<T>(bytes);
  }

 private:
  void fill() {
    if (next_ - begin_ >= kMaxPickleBytes) {
      fail(ErrorKind::kBadFile, "'{}': its pickle has more than {} bytes, no file of weights describes itself at such length",
           source_.name, kMaxPickleBytes);
    }
    filled_ = static_cast<size_t>(std::min<uint64_t>(window_.size(), source_.size - next_));
    at_ = 0;
    if (filled_ == 0) fail(ErrorKind::kBadFile, "'{}': its pickle ends too early; is the file cut short?", source_.name);
    source_.read(next_, std::span(window_).first(filled_));
    next_ += filled_;
  }

  const Source& source_;
  std::array<std::byte, 4096> window_{};
  size_t at_ = 0, filled_ = 0;
  uint64_t next_, begin_;
};

// The machine that a pickle is a program for: a stack, marks on it, and a memo.
class Matcher {
 public:
  Matcher(const Source& source, uint64_t offset, std::span<const std::string_view> names)
      : name_(source.name), names_(names), bytes_(source, offset) {}

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
  bool step_value(uint8_t opcode);
  bool step_container(uint8_t opcode);
  bool step_memo(uint8_t opcode);

  PickleObject& at(uint32_t index) { return pickle_.objects[index]; }
  PickleObject& make(Kind kind) {
    if (pickle_.objects.size() == kMaxPickleObjects) bad("its pickle describes more than {} objects", kMaxPickleObjects);
    push(static_cast<uint32_t>(pickle_.objects.size()));
    pickle_.objects.push_back({.kind = kind});
    return pickle_.objects.back();
  }
  void integer(int64_t value, Kind kind = Kind::kInteger);
  void text(size_t length);
  void global(const std::string& full);
  std::string line();
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
  void call();
  void new_object();
  void build();

  std::string name_;
  std::span<const std::string_view> names_;
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

void Matcher::text(size_t length) {
  if (length > kMaxPickleText) bad("its pickle holds a text of {} bytes, at most {} are expected", length, kMaxPickleText);
  std::string& text = make(Kind::kText).text;
  for (size_t i = 0; i < length; ++i) text.push_back(static_cast<char>(bytes_.byte()));
}

std::string Matcher::line() {
  std::string result;
  for (char letter = static_cast<char>(bytes_.byte()); letter != '\n'; letter = static_cast<char>(bytes_.byte())) {
    if (result.size() == 256) bad("its pickle names something with more than 256 letters");
    result.push_back(letter);
  }
  return result;
}

void Matcher::global(const std::string& full) {
  if (full != kOrderedDict && std::ranges::find(names_, full) == names_.end()) {
    bad("it names '{}', which is not part of weights, and nothing in a pickle is ever executed; in Python, save only the weights "
        "with torch.save(model.state_dict(), ...)",
        printable(full));
  }
  make(Kind::kName).text = full;
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

void Matcher::append(Kind kind, std::span<const uint32_t> items) {
  if (stack_.size() <= floor()) bad("its pickle adds to nothing at byte {}", bytes_.position());
  PickleObject& to = at(stack_.back());
  if (to.kind != kind) bad("its pickle adds {} to something else", kind == Kind::kList ? "a list's members" : "a dict's entries");
  if (kind == Kind::kDict && items.size() % 2 != 0) bad("its pickle holds a key without a value");
  count_items(items.size());
  to.items.insert(to.items.end(), items.begin(), items.end());
}

// OrderedDict() is a dict; Python 2 passes the entries as a list of pairs.
void Matcher::call() {
  const uint32_t arguments = pop(), callee = pop();
  if (at(callee).kind != Kind::kName || at(arguments).kind != Kind::kTuple)
    bad("its pickle calls something that is not a function");
  const std::vector<uint32_t>& given = at(arguments).items;
  if (at(callee).text != kOrderedDict) {
    count_items(2);
    make(Kind::kCall).items = {callee, arguments};
    return;
  }
  std::vector<uint32_t> entries;
  if (given.size() > 1 || (given.size() == 1 && at(given[0]).kind != Kind::kList))
    bad("it makes an OrderedDict in an unknown form");
  if (given.size() == 1) {
    for (const uint32_t pair : at(given[0]).items) {
      const PickleObject& entry = at(pair);
      const bool sound = (entry.kind == Kind::kList || entry.kind == Kind::kTuple) && entry.items.size() == 2;
      if (!sound) bad("it makes an OrderedDict in an unknown form");
      entries.insert(entries.end(), entry.items.begin(), entry.items.end());
    }
  }
  make(Kind::kDict);
  append(Kind::kDict, entries);
}

void Matcher::new_object() {
  const uint32_t arguments = pop(), type = pop();
  const bool empty = at(arguments).kind == Kind::kTuple && at(arguments).items.empty();
  if (at(type).kind != Kind::kName || at(type).text != kOrderedDict || !empty) {
    bad("it makes a new object of '{}'; only an empty OrderedDict is expected", printable(at(type).text));
  }
  make(Kind::kDict);
}

// A state_dict carries the versions of its modules as an attribute; nobody needs them.
void Matcher::build() {
  const uint32_t state = pop();
  if (stack_.size() <= floor() || at(stack_.back()).kind != Kind::kDict || at(state).kind != Kind::kDict) {
    bad("it sets the attributes of something else than an OrderedDict");
  }
}

bool Matcher::step_value(uint8_t opcode) {
  switch (opcode) {
    case 'N': push(0); return true;
    case 0x88: integer(1, Kind::kBool); return true;
    case 0x89: integer(0, Kind::kBool); return true;
    case 'K': integer(bytes_.byte()); return true;
    case 'M': integer(bytes_.little_endian<uint16_t>()); return true;
    case 'J': integer(bytes_.little_endian<int32_t>()); return true;
    case 0x8a: {  // LONG1: two's complement of any length
      const uint8_t length = bytes_.byte();
      if (length > 8) bad("its pickle holds a number of {} bytes, at most 8 are expected", length);
      uint64_t value = 0;
      for (unsigned i = 0; i < length; ++i) value |= static_cast<uint64_t>(bytes_.byte()) << (8 * i);
      if (length > 0 && length < 8 && (value >> (8 * length - 1)) != 0) value |= ~uint64_t{0} << (8 * length);
      integer(static_cast<int64_t>(value));
      return true;
    }
    case 'G': {
      const auto bits = bytes_.little_endian<uint64_t>();  // stored with the highest byte first
      make(Kind::kReal).real = std::bit_cast<double>(__builtin_bswap64(bits));
      return true;
    }
    case 'X': text(bytes_.little_endian<uint32_t>()); return true;
    case 'U':
    case 0x8c: text(bytes_.byte()); return true;
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
    case 'u': append(Kind::kDict, pop_mark()); return true;
    default: return false;
  }
}

bool Matcher::step_memo(uint8_t opcode) {
  if (opcode == 'q' || opcode == 'r' || opcode == 0x94) {
    const auto next = static_cast<uint32_t>(memo_.size());
    const uint32_t key = opcode == 0x94 ? next : opcode == 'q' ? bytes_.byte() : bytes_.little_endian<uint32_t>();
    if (stack_.size() <= floor()) bad("its pickle remembers nothing at byte {}", bytes_.position());
    memo_[key] = stack_.back();
    if (memo_.size() > kMaxPickleObjects) bad("its pickle remembers more than {} objects", kMaxPickleObjects);
    return true;
  }
  if (opcode == 'h' || opcode == 'j') {
    const auto found = memo_.find(opcode == 'h' ? bytes_.byte() : bytes_.little_endian<uint32_t>());
    if (found == memo_.end()) bad("its pickle recalls an object that it never described");
    push(found->second);
    return true;
  }
  return false;
}

void Matcher::step(uint8_t opcode) {
  if (pickle_.objects.empty()) pickle_.objects.emplace_back();  // None
  if (step_value(opcode) || step_container(opcode) || step_memo(opcode)) return;
  switch (opcode) {
    case 0x80: {
      const uint8_t protocol = bytes_.byte();
      if (protocol > 5) bad("its pickle has protocol {}, at most 5 is known", protocol);
      return;
    }
    case 0x95: bytes_.little_endian<uint64_t>(); return;  // the length of what follows, for readers that fetch it at once
    case 'c': {
      const std::string module = line();
      return global(module + "." + line());
    }
    case 0x93: {
      const uint32_t name = pop(), module = pop();
      if (at(name).kind != Kind::kText || at(module).kind != Kind::kText) bad("it names something with other objects than texts");
      return global(at(module).text + "." + at(name).text);
    }
    case 'R': return call();
    case 'b': return build();
    case 0x81: return new_object();
    case 'Q': {
      const uint32_t id = pop();
      count_items(1);
      make(Kind::kPersistent).items = {id};
      return;
    }
    default:
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

Pickle match_pickle(const Source& source, uint64_t offset, std::span<const std::string_view> names) {
  return Matcher(source, offset, names).match();
}

}  // namespace residual::io
