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
#include "io/torch/state_dicts.h"
#include "io/torch/tensor_calls.h"

namespace residual::io {
namespace {

using Kind = PickleObject::Kind;

struct StorageClass {
  std::string_view name;
  size_t bytes;                // of an element
  std::optional<DType> dtype;  // none: known, but no tensor of ours
};

constexpr std::array<StorageClass, 18> kStorages{{{"FloatStorage", 4, DType::kF32},
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
                                                  {"ComplexDoubleStorage", 16, std::nullopt},
                                                  {"QInt8Storage", 1, std::nullopt},
                                                  {"QUInt8Storage", 1, std::nullopt},
                                                  {"QInt32Storage", 4, std::nullopt},
                                                  {"QUInt4x2Storage", 1, std::nullopt},
                                                  {"QUInt2x4Storage", 1, std::nullopt},
                                                  {"UntypedStorage", 1, std::nullopt}}};

constexpr size_t kPlainArguments = 6;  // of _rebuild_tensor_v2

class ObjectReader {
 public:
  ObjectReader(const Source& source, uint64_t offset, uint64_t file_size)
      : name_(source.name), file_size_(file_size), pickle_(match_pickle(source, offset)) {}

  TorchObjects read(std::string_view weights_in) {
    read_storages();
    const StateDict dict = chosen(find_state_dicts(pickle_, name_), weights_in);
    for (const uint32_t outer : dict.within) take_notes(pickle_.at(outer));
    read_state_dict(dict);
    objects_.end = pickle_.end;
    return std::move(objects_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::kBadFile, "'{}' is not a file of weights that can be read: {}", name_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  StateDict chosen(std::vector<StateDict> found, std::string_view weights_in) const;
  StateDict named(std::vector<StateDict> found, std::string_view weights_in) const;
  [[noreturn]] void refuse_without_tensors() const;
  void take_notes(const PickleObject& dict);
  void read_state_dict(const StateDict& dict);
  const PickleObject& argument(const TensorCall& call, size_t index, Kind kind, std::string_view what) const;
  void read_tensor(const std::string& name, const TensorCall& call);
  void read_storages();
  bool is_class(const PickleObject& persistent) const;
  size_t read_storage(const PickleObject& persistent);
  void check_within(const TorchView& view);
  std::vector<int64_t> numbers(const PickleObject& tuple, std::string_view tensor) const;

  std::string name_;
  uint64_t file_size_;
  Pickle pickle_;
  TorchObjects objects_;
  std::map<const PickleObject*, size_t> storage_of_;  // the persistent objects
  std::map<std::string, size_t> storage_named_;
  uint64_t bytes_ = 0;  // of all tensors
};

// The name of a state_dict for messages.
std::string quoted(const StateDict& dict) {
  return dict.name.empty() ? "the outermost dict" : fmt::format("'{}'", printable(dict.name));
}

// Of others, a few.
std::string listed(const std::vector<StateDict>& found, size_t without) {
  constexpr size_t kMost = 5;
  std::string names;
  size_t told = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    if (i == without || 2 * found[i].tensors < found[without].tensors) continue;
    if (++told > kMost) return names + " and more";
    names += (names.empty() ? "" : ", ") + quoted(found[i]);
  }
  return names;
}

StateDict ObjectReader::chosen(std::vector<StateDict> found, std::string_view weights_in) const {
  if (found.empty()) refuse_without_tensors();
  if (!weights_in.empty()) return named(std::move(found), weights_in);
  const size_t best = likeliest(found);
  if (const std::string others = listed(found, best); !others.empty()) {
    warn("'{}': the tensors under {} are read, those under {} are not; --weights-in NAME reads others", name_,
         quoted(found[best]), others);
  }
  return std::move(found[best]);
}

// The entries whose names begin so, by the rest of these names.
std::vector<std::pair<std::string, uint32_t>> entries_under(const StateDict& dict, const std::string& beginning) {
  std::vector<std::pair<std::string, uint32_t>> result;
  for (const auto& [name, object] : dict.entries) {
    if (name.starts_with(beginning)) result.emplace_back(name.substr(beginning.size()), object);
  }
  return result;
}

// The tensors under that name: of a state_dict of that name, or those of one whose names begin with the rest of it, or with it.
StateDict ObjectReader::named(std::vector<StateDict> found, std::string_view weights_in) const {
  for (StateDict& dict : found) {
    if (dict.name == weights_in) return std::move(dict);
  }
  const std::string beginning = std::string(weights_in) + ".";
  for (const bool names_the_dict : {true, false}) {
    for (StateDict& dict : found) {
      const std::string outer = dict.name.empty() || !names_the_dict ? std::string() : dict.name + ".";
      if (!beginning.starts_with(outer)) continue;
      std::vector<std::pair<std::string, uint32_t>> entries = entries_under(dict, beginning.substr(outer.size()));
      if (entries.empty()) continue;
      dict.entries = std::move(entries);
      return std::move(dict);
    }
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &StateDict::tensors);
  std::string names = quoted(found[0]);
  if (const std::string others = listed(found, 0); !others.empty()) names += ", " + others;
  fail(ErrorKind::kUsage, "'{}' holds no tensors under '{}'; its state_dicts are {}", name_, printable(weights_in), names);
}

void ObjectReader::refuse_without_tensors() const {
  const PickleObject& root = pickle_.at(pickle_.root);
  if (root.kind != Kind::kDict) {
    bad("it holds {}, and nothing in a pickle is ever executed; expected what torch.save(model.state_dict(), ...) writes",
        described(pickle_, root));
  }
  std::string keys;
  for (size_t i = 0; i + 1 < root.items.size() && keys.size() < 200; i += 2) {
    const PickleObject &key = pickle_.at(root.items[i]), &value = pickle_.at(root.items[i + 1]);
    keys += fmt::format("{}'{}'", keys.empty() ? "" : ", ", key.kind == Kind::kText ? printable(key.text) : "a number");
    if (value.kind == Kind::kObject) keys += fmt::format(" ({})", described(pickle_, value));
  }
  bad("it holds no tensors, only {}; expected a state_dict, by itself or in a dict", keys.empty() ? "an empty dict" : keys);
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

// Numbers and texts beside the tensors are omitted; anything else would be needed by something that is not known here.
void ObjectReader::read_state_dict(const StateDict& dict) {
  std::set<std::string_view> seen;
  for (const auto& [name, index] : dict.entries) {
    const PickleObject& value = pickle_.at(index);
    const std::optional<TensorCall> tensor = tensor_call(pickle_, value);
    if (!tensor && (value.kind == Kind::kObject || value.kind == Kind::kSet || value.kind == Kind::kOpaque)) {
      bad("its state_dict holds {} under '{}', which is no tensor, and nothing in a pickle is ever executed",
          described(pickle_, value), printable(name));
    }
    if (!tensor) continue;
    if (!seen.insert(name).second) bad("'{}' occurs twice", printable(name));
    read_tensor(name, *tensor);
  }
}

const PickleObject& ObjectReader::argument(const TensorCall& call, size_t index, Kind kind, std::string_view what) const {
  const std::vector<uint32_t>& given = call.arguments->items;
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
    if (object.kind == Kind::kPersistent && !is_class(object)) storage_of_[&object] = read_storage(object);
  }
}

// ('module', class, file, source): the class of a module that was saved as a whole, in the old format.
bool ObjectReader::is_class(const PickleObject& persistent) const {
  const PickleObject& id = pickle_.at(persistent.items[0]);
  return id.kind == Kind::kTuple && id.items.size() == 4 && pickle_.at(id.items[0]).text == "module";
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
void ObjectReader::read_tensor(const std::string& name, const TensorCall& call) {
  if (call.kind == TensorCall::Kind::kParameter) {
    const std::optional<TensorCall> inner = tensor_call(pickle_, argument(call, 0, Kind::kObject, "data"));
    if (!inner || inner->kind == TensorCall::Kind::kParameter) bad("'{}' is a parameter around something else", printable(name));
    return read_tensor(name, *inner);
  }
  if (call.kind == TensorCall::Kind::kQuantized) {
    bad("tensor '{}' is quantized, whole numbers with a scale; save the network's weights before they are converted, as floats",
        printable(name));
  }
  if (call.kind == TensorCall::Kind::kOther)
    bad("tensor '{}' is not a dense one: where it is sparse save its to_dense(), and where it is on no device (meta) load its "
        "values first",
        printable(name));
  // After requires_grad and hooks comes what else must be done to the numbers: a view that negates them, for one.
  if (const std::vector<uint32_t>& given = call.arguments->items; given.size() > kPlainArguments) {
    const PickleObject& more = pickle_.at(given[kPlainArguments]);
    if (more.kind != Kind::kNone && !more.items.empty())
      bad("tensor '{}' is a negated or conjugate view; save a clone() of it", printable(name));
  }
  const auto stored = storage_of_.find(&argument(call, 0, Kind::kPersistent, "storage"));
  if (stored == storage_of_.end()) bad("a tensor's storage is not what PyTorch writes");
  const size_t storage = stored->second;
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

TorchObjects match_torch_objects(const Source& source, uint64_t offset, uint64_t file_size, std::string_view weights_in) {
  return ObjectReader(source, offset, file_size).read(weights_in);
}

}  // namespace residual::io
