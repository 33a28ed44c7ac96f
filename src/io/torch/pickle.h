// Python's pickle format, matched and never executed: what a class or function would make stays a description of it.
#pragma once

#include <cstdint>
#include <deque>
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
    kDict,  ///< also a collections.OrderedDict
    kSet,
    kName,        ///< of a class or function: "collections.OrderedDict"
    kObject,      ///< what a class or function would have made
    kPersistent,  ///< what lies outside the pickle
    kOpaque,      ///< bytes, and numbers and texts too large to describe weights
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;  ///< kBool (0 or 1), kInteger
  double real = 0;      ///< kReal
  std::string text;     ///< kText, kName
  /// kTuple, kList, kSet: members; kDict, and kObject where it is filled like a dict: key, value, …; kPersistent: id
  std::vector<uint32_t> items;
  // kObject: what would be called, its arguments (a tuple), and the attributes that it would be given; 0: None.
  uint32_t callee = 0, arguments = 0, state = 0;
};

struct Pickle {
  std::deque<PickleObject> objects;
  uint32_t root = 0;
  uint64_t end = 0;  ///< where in the source the pickle ends

  const PickleObject& at(uint32_t index) const { return objects[index]; }
  /// The value of a text key in a dict; null when there is none.
  const PickleObject* find(const PickleObject& dict, std::string_view key) const;
  /// The class or function that an object would be made by: "argparse.Namespace"; empty where that is no name.
  std::string_view maker_of(const PickleObject& object) const;
};

/// Matches the pickle that begins at `offset`, of any protocol. Whatever class or function it names, nothing is looked up or
/// called. Throws Error (kBadFile) for anything else than a pickle. Memory is bounded by the limits below.
Pickle match_pickle(const Source& source, uint64_t offset);

/// ResNet-1202 with its optimizer's state takes a quarter of each.
inline constexpr size_t kMaxPickleBytes = size_t{16} << 20, kMaxPickleObjects = 400'000, kMaxPickleItems = 2'000'000,
                        kMaxPickleStack = 100'000, kMaxPickleDepth = 1000, kMaxPickleText = 65536;

}  // namespace residual::io
