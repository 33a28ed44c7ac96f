#include "io/torch/torch_objects.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/json_text.h"
#include "core/log.h"
#include "io/torch/pickle.h"

namespace residual::io {
namespace {

using Kind = PickleObject::Kind;

struct StorageClass {
  std::string_view name;
  size_t bytes;                // of an element
  std::optional<DType> dtype;  // none: known, but no tensor of ours
};

constexpr std::array<StorageClass, 12> kStorages{{{"FloatStorage", 4, DType::kF32},
                                                  {"DoubleStorage", 8, DType::kF64},
                                                  {"HalfStorage", 2, DType::kF16},
                                                  {"BFloat16Storage", 2, DType::kBF16},
                                                  {"LongStorage", 8, DType::kI64},
                                                  {"IntStorage", 4, DType::kI32},
                                                  {"ByteStorage", 1, DType::kU8},
                                                  {"ShortStorage", 2, std::nullopt},
                                                  {"CharStorage", 1, std::nullopt},
                                                  {"BoolStorage", 1, std::nullopt},
                                                  {"ComplexFloatStorage", 8, std::nullopt},
                                                  {"ComplexDoubleStorage", 16, std::nullopt}}};

constexpr std::string_view kTensor2 = "torch._utils._rebuild_tensor_v2", kTensor1 = "torch._utils._rebuild_tensor",
                           kParameter = "torch._utils._rebuild_parameter";

// Every name that the pickle may contain. Old files that were saved on a GPU call the classes torch.cuda.*.
const std::vector<std::string_view>& known_names() {
  static const std::vector<std::string> storages = [] {
    std::vector<std::string> names;
    for (const StorageClass& storage : kStorages) {
      for (const std::string_view module : {"torch.", "torch.cuda."}) names.push_back(std::string(module).append(storage.name));
    }
    return names;
  }();
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all{kTensor2, kTensor1, kParameter};
    all.insert(all.end(), storages.begin(), storages.end());
    return all;
  }();
  return names;
}

// The names under which programs put a state_dict beside other things, the likeliest first.
constexpr std::array<std::string_view, 12> kWrappers{"state_dict", "model_state_dict", "model_state", "model",
                                                     "net",        "network",          "module",      "weights",
                                                     "params",     "params_ema",       "state",       "ema"};
constexpr int kMostWrappers = 4;
constexpr size_t kPlainArguments = 6;  // of _rebuild_tensor_v2

class ObjectReader {
 public:
  ObjectReader(const Source& source, uint64_t offset, uint64_t file_size)
      : name_(source.name), file_size_(file_size), pickle_(match_pickle(source, offset, known_names())) {}

  TorchObjects read() {
    read_storages();
    const PickleObject* dict = &pickle_.at(pickle_.root);
    if (dict->kind != Kind::kDict) bad("it holds no dict of tensors; expected what torch.save(model.state_dict(), ...) writes");
    for (int depth = 0; depth < kMostWrappers; ++depth) {
      take_notes(*dict);
      const PickleObject* inner = wrapped(*dict);
      if (inner == nullptr) break;
      tell_of_others(*dict, *inner);
      dict = inner;
    }
    read_state_dict(*dict);
    objects_.end = pickle_.end;
    return std::move(objects_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::kBadFile, "'{}' is not a file of weights that can be read: {}", name_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  bool is_call(const PickleObject& object, std::string_view function) const {
    return object.kind == Kind::kCall && pickle_.at(object.items[0]).text == function;
  }
  bool is_tensor(const PickleObject& object) const {
    return is_call(object, kTensor2) || is_call(object, kTensor1) || is_call(object, kParameter);
  }
  bool holds_tensors(const PickleObject& dict) const {
    for (size_t i = 1; i < dict.items.size(); i += 2) {
      if (is_tensor(pickle_.at(dict.items[i]))) return true;
    }
    return false;
  }
  const PickleObject* wrapped(const PickleObject& dict, int depth = 0);
  void tell_of_others(const PickleObject& dict, const PickleObject& taken);
  void take_notes(const PickleObject& dict);
  void read_state_dict(const PickleObject& dict);
  const PickleObject& argument(const PickleObject& call, size_t index, Kind kind, std::string_view what) const;
  void read_tensor(std::string name, const PickleObject& call);
  void read_storages();
  size_t read_storage(const PickleObject& persistent);
  void check_within(const TorchView& view);
  std::vector<int64_t> numbers(const PickleObject& tuple, std::string_view tensor) const;

  std::string name_;
  uint64_t file_size_;
  Pickle pickle_;
  TorchObjects objects_;
  std::map<const PickleObject*, size_t> storage_of_;  // the persistent objects
  std::map<std::string, size_t> storage_named_;
  std::set<const PickleObject*> barren_;  // dicts that lead to no tensor
  uint64_t bytes_ = 0;                    // of all tensors
};

// The dict inside `dict` that leads to a state_dict; null when `dict` is the state_dict itself, or there is none.
const PickleObject* ObjectReader::wrapped(const PickleObject& dict, int depth) {
  if (depth == kMostWrappers || barren_.contains(&dict)) return nullptr;
  for (const std::string_view key : kWrappers) {
    const PickleObject* inner = pickle_.find(dict, key);
    if (inner == nullptr || inner->kind != Kind::kDict) continue;
    if (holds_tensors(*inner) || wrapped(*inner, depth + 1) != nullptr) return inner;
  }
  barren_.insert(&dict);
  return nullptr;
}

// Programs put averages of the weights beside the weights.
void ObjectReader::tell_of_others(const PickleObject& dict, const PickleObject& taken) {
  constexpr size_t kMostTold = 3;
  std::string read, others;
  size_t told = 0;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleObject &key = pickle_.at(dict.items[i]), &value = pickle_.at(dict.items[i + 1]);
    if (key.kind != Kind::kText || value.kind != Kind::kDict) continue;
    if (&value == &taken) {
      read = printable(key.text);
    } else if (told < kMostTold && (holds_tensors(value) || wrapped(value, 1) != nullptr)) {
      others += fmt::format("{}'{}'", told++ == 0 ? "" : ", ", printable(key.text));
    }
  }
  if (told > 0) warn("'{}': the tensors under '{}' are read, those under {} are not", name_, read, others);
}

void ObjectReader::take_notes(const PickleObject& dict) {
  constexpr size_t kMostNotes = 1000;
  for (size_t i = 0; i + 1 < dict.items.size() && objects_.notes.size() < kMostNotes; i += 2) {
    const PickleObject &key = pickle_.at(dict.items[i]), &value = pickle_.at(dict.items[i + 1]);
    if (key.kind != Kind::kText) continue;
    if (value.kind == Kind::kText) objects_.notes.try_emplace(key.text, value.text);
    if (value.kind == Kind::kInteger) objects_.notes.try_emplace(key.text, std::to_string(value.integer));
    if (value.kind == Kind::kReal) objects_.notes.try_emplace(key.text, fmt::format("{}", value.real));
  }
}

void ObjectReader::read_state_dict(const PickleObject& dict) {
  std::map<std::string, bool> seen;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleObject &key = pickle_.at(dict.items[i]), &value = pickle_.at(dict.items[i + 1]);
    if (!is_tensor(value)) continue;
    if (key.kind != Kind::kText) bad("it holds a tensor without a name");
    if (!seen.try_emplace(key.text, true).second) bad("'{}' occurs twice", printable(key.text));
    read_tensor(key.text, value);
  }
  if (!objects_.tensors.empty()) return;
  std::string keys;
  for (size_t i = 0; i + 1 < dict.items.size() && keys.size() < 200; i += 2) {
    const PickleObject& key = pickle_.at(dict.items[i]);
    keys += fmt::format("{}'{}'", keys.empty() ? "" : ", ", key.kind == Kind::kText ? printable(key.text) : "a number");
  }
  bad("it holds no tensors, only {}; expected a state_dict, or one under a name such as 'state_dict' or 'model'",
      keys.empty() ? "an empty dict" : keys);
}

const PickleObject& ObjectReader::argument(const PickleObject& call, size_t index, Kind kind, std::string_view what) const {
  const std::vector<uint32_t>& given = pickle_.at(call.items[1]).items;
  if (index >= given.size() || pickle_.at(given[index]).kind != kind) bad("a tensor's {} is not what PyTorch writes", what);
  return pickle_.at(given[index]);
}

std::vector<int64_t> ObjectReader::numbers(const PickleObject& tuple, std::string_view tensor) const {
  if (tuple.items.size() > Shape::kMaxRank) {
    bad("tensor '{}' has {} dimensions, at most {} are supported", printable(tensor), tuple.items.size(), Shape::kMaxRank);
  }
  std::vector<int64_t> result;
  for (const uint32_t item : tuple.items) {
    const PickleObject& number = pickle_.at(item);
    if (number.kind != Kind::kInteger || number.integer < 0) {
      bad("tensor '{}' has a size or stride that is not a number from 0 on", printable(tensor));
    }
    result.push_back(number.integer);
  }
  return result;
}

// All of them, since the old format stores all of them one after the other.
void ObjectReader::read_storages() {
  for (const PickleObject& object : pickle_.objects) {
    if (object.kind == Kind::kPersistent) storage_of_[&object] = read_storage(object);
  }
}

// ('storage', class, key, device, elements), in the old format with a sixth, None: the storage is no part of another one.
size_t ObjectReader::read_storage(const PickleObject& persistent) {
  const PickleObject& id = pickle_.at(persistent.items[0]);
  const auto item = [&](size_t index) -> const PickleObject& { return pickle_.at(id.items[index]); };
  const bool known = id.kind == Kind::kTuple && (id.items.size() == 5 || (id.items.size() == 6 && item(5).kind == Kind::kNone)) &&
                     item(0).kind == Kind::kText && item(0).text == "storage" && item(1).kind == Kind::kName &&
                     item(2).kind == Kind::kText && item(4).kind == Kind::kInteger;
  if (!known) bad("it refers to something outside its pickle that is not a storage as PyTorch writes it");
  const std::string& type = item(1).text;
  const auto entry = std::ranges::find(kStorages, std::string_view(type).substr(type.rfind('.') + 1), &StorageClass::name);
  if (entry == kStorages.end()) bad("it has a storage of '{}', expected one of PyTorch's storage classes", printable(type));
  TorchStorage storage{item(2).text, entry->dtype, entry->bytes, item(4).integer};
  if (storage.elements < 0 || static_cast<uint64_t>(storage.elements) > file_size_ / storage.element_bytes) {
    bad("storage '{}' has {} elements of {} bytes, the whole file has {} bytes; is it cut short?", printable(storage.key),
        storage.elements, storage.element_bytes, file_size_);
  }
  const auto [found, first] = storage_named_.try_emplace(storage.key, objects_.storages.size());
  if (first) {
    objects_.storages.push_back(std::move(storage));
  } else if (const TorchStorage& before = objects_.storages[found->second]; before.dtype != storage.dtype ||
                                                                            before.element_bytes != storage.element_bytes ||
                                                                            before.elements != storage.elements) {
    bad("storage '{}' is described twice, differently", printable(storage.key));
  }
  return found->second;
}

// _rebuild_tensor_v2(storage, offset, sizes, strides, ...), its forerunner without more, or a parameter around one.
void ObjectReader::read_tensor(std::string name, const PickleObject& call) {
  if (is_call(call, kParameter)) {
    const PickleObject& inner = argument(call, 0, Kind::kCall, "data");
    if (is_call(inner, kParameter)) bad("'{}' is a parameter of a parameter", printable(name));
    return read_tensor(std::move(name), inner);
  }
  // After requires_grad and hooks comes what else must be done to the numbers: a view that negates them, for one.
  if (const std::vector<uint32_t>& given = pickle_.at(call.items[1]).items; given.size() > kPlainArguments) {
    const PickleObject& more = pickle_.at(given[kPlainArguments]);
    if (more.kind != Kind::kNone && !more.items.empty())
      bad("tensor '{}' is a negated or conjugate view; save a clone() of it", printable(name));
  }
  const size_t storage = storage_of_.at(&argument(call, 0, Kind::kPersistent, "storage"));
  if (!objects_.storages[storage].dtype) return;
  TorchView view{name, storage, argument(call, 1, Kind::kInteger, "offset").integer, {}, {}};
  const std::vector<int64_t> sizes = numbers(argument(call, 2, Kind::kTuple, "size"), name);
  view.strides = numbers(argument(call, 3, Kind::kTuple, "stride"), name);
  if (sizes.size() != view.strides.size())
    bad("tensor '{}' has {} sizes and {} strides", printable(name), sizes.size(), view.strides.size());
  try {
    view.shape = Shape(sizes);
  } catch (const Error& error) {
    bad("tensor '{}': {}", printable(name), error.what());
  }
  check_within(view);
  objects_.tensors.push_back(std::move(view));
}

void ObjectReader::check_within(const TorchView& view) {
  const TorchStorage& storage = objects_.storages[view.storage];
  int64_t last = view.offset;
  bool overflow = view.offset < 0;
  for (size_t axis = 0; axis < view.strides.size(); ++axis) {
    int64_t reach = 0;
    overflow |= __builtin_mul_overflow(std::max<int64_t>(view.shape[axis] - 1, 0), view.strides[axis], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  if (overflow || (view.shape.elements() > 0 && last >= storage.elements)) {
    bad("tensor '{}' of shape {} at offset {} reaches beyond its storage '{}' of {} elements", printable(view.name),
        to_string(view.shape), view.offset, printable(storage.key), storage.elements);
  }
  // Views may share elements, so that a small file could describe any amount of memory.
  constexpr uint64_t kSlack = uint64_t{16} << 20;
  bytes_ += static_cast<uint64_t>(std::min<int64_t>(view.shape.elements(), int64_t{1} << 56)) * storage.element_bytes;
  if (bytes_ > file_size_ + kSlack) {
    bad("its tensors up to '{}' take {} bytes, the whole file has {}: they repeat the same elements over and over",
        printable(view.name), bytes_, file_size_);
  }
}

// Copies along the last axis, once for each position of the other axes.
void copy_strided(const TorchView& view, size_t size, const std::byte* from, std::byte* to) {
  const size_t rank = view.shape.rank();
  const int64_t row = view.shape[rank - 1], step = view.strides[rank - 1];
  std::array<int64_t, Shape::kMaxRank> position{};
  for (int64_t done = 0; done < view.shape.elements(); done += row) {
    int64_t at = view.offset;
    for (size_t axis = 0; axis + 1 < rank; ++axis) at += position[axis] * view.strides[axis];
    for (int64_t i = 0; i < row; ++i, to += size) std::memcpy(to, from + static_cast<size_t>(at + i * step) * size, size);
    for (size_t axis = rank - 1; axis-- > 0;) {
      if (++position[axis] < view.shape[axis]) break;
      position[axis] = 0;
    }
  }
}

bool contiguous(const TorchView& view) {
  int64_t dense = 1;
  for (size_t axis = view.shape.rank(); axis-- > 0;) {
    if (view.shape[axis] != 1 && view.strides[axis] != dense) return false;
    dense *= view.shape[axis];
  }
  return true;
}

Tensor gather(const TorchView& view, DType dtype, std::span<const std::byte> storage) {
  Tensor tensor(dtype, view.shape);
  if (tensor.elements() == 0) return tensor;
  if (contiguous(view)) {
    std::memcpy(tensor.data(), storage.data() + static_cast<size_t>(view.offset) * size_of(dtype), tensor.bytes());
  } else {
    copy_strided(view, size_of(dtype), storage.data(), tensor.data());
  }
  return tensor;
}

}  // namespace

std::string_view storage_class_of(DType type) {
  return std::ranges::find(kStorages, std::optional(type), &StorageClass::dtype)->name;  // every type of ours has one
}

Tensors gather_all(const TorchObjects& objects, const std::function<void(const TorchStorage&, std::span<std::byte>)>& fetch) {
  std::vector<std::vector<const TorchView*>> views(objects.storages.size());
  for (const TorchView& view : objects.tensors) views[view.storage].push_back(&view);
  Tensors tensors;
  for (size_t i = 0; i < views.size(); ++i) {
    if (views[i].empty()) continue;
    const TorchStorage& storage = objects.storages[i];
    const TorchView& first = *views[i][0];
    if (views[i].size() == 1 && contiguous(first) && first.shape.elements() == storage.elements) {  // the usual case
      Tensor tensor(*storage.dtype, first.shape);
      fetch(storage, {tensor.data(), tensor.bytes()});
      tensors.emplace(first.name, std::move(tensor));
      continue;
    }
    const Buffer bytes(storage.bytes());
    fetch(storage, {bytes.data(), bytes.size()});
    for (const TorchView* view : views[i]) {
      tensors.emplace(view->name, gather(*view, *storage.dtype, {bytes.data(), bytes.size()}));
    }
  }
  return tensors;
}

TorchObjects match_torch_objects(const Source& source, uint64_t offset, uint64_t file_size) {
  return ObjectReader(source, offset, file_size).read();
}

}  // namespace residual::io
