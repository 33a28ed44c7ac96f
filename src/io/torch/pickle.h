// Python's pickle format, matched and never executed: the opcodes and names that files of weights are made of, and no others.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/source.h"

namespace residual::io {

/// One object that a pickle describes. Objects refer to each other by their index in Pickle::objects; since a pickle may use one
/// object many times, and even within itself, traversals must be bounded.
struct PickleObject {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInteger,
    kReal,
    kText,
    kTuple,
    kList,
    kDict,        ///< also a collections.OrderedDict
    kSet,         ///< always empty
    kName,        ///< of a class or function: "collections.OrderedDict"
    kCall,        ///< what a function would have made
    kPersistent,  ///< what lies outside the pickle
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;  ///< kBool (0 or 1), kInteger
  double real = 0;      ///< kReal
  std::string text;     ///< kText, kName
  std::vector<uint32_t>
      items;  ///< kTuple, kList: members; kDict: key, value, …; kCall: name, arguments (a tuple); kPersistent: id
};

struct Pickle {
  std::deque<PickleObject> objects;
  uint32_t root = 0;
  uint64_t end = 0;  ///< where in the source the pickle ends

  const PickleObject& at(uint32_t index) const { return objects[index]; }
  /// The value of a text key in a dict; null when there is none.
  const PickleObject* find(const PickleObject& dict, std::string_view key) const;
};

/// Matches the pickle that begins at `offset`. The opcodes are those of PyTorch's files, PROTO GLOBAL REDUCE BUILD NEWOBJ
/// BINPERSID MARK STOP TUPLE(1,2,3) EMPTY_{DICT,LIST,TUPLE,SET} APPEND(S) SETITEM(S) BINUNICODE SHORT_BINSTRING BININT(1,2) LONG1
/// BINFLOAT NONE NEWTRUE NEWFALSE (LONG_)BINPUT (LONG_)BINGET, and those with which newer protocols spell the same: FRAME
/// SHORT_BINUNICODE MEMOIZE STACK_GLOBAL. `names` are the classes and functions that may be named besides
/// collections.OrderedDict. Throws Error (kBadFile) that names what else was found. Memory is bounded by the limits below.
Pickle match_pickle(const Source& source, uint64_t offset, std::span<const std::string_view> names);

/// ResNet-1202 with its optimizer's state takes a quarter of each.
inline constexpr size_t kMaxPickleBytes = size_t{16} << 20, kMaxPickleObjects = 400'000, kMaxPickleItems = 2'000'000,
                        kMaxPickleStack = 100'000, kMaxPickleDepth = 1000, kMaxPickleText = 65536;

}  // namespace residual::io
