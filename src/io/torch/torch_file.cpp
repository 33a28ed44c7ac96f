#include "io/torch/torch_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <vector>

#include "core/error.h"
#include "core/json_text.h"
#include "io/torch/pickle.h"
#include "io/torch/torch_objects.h"
#include "io/torch/zip_archive.h"

namespace residual::io {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored as they lie in memory");

// The old format begins with a pickled number, 0x1950a86a20f9469cfc6c.
constexpr size_t kMagicBytes = 15;
bool is_old(std::span<const std::byte, kMagicBytes> start) {
  constexpr std::array<uint8_t, 13> kMagic{0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
  return static_cast<uint8_t>(start[0]) == 0x80 && std::memcmp(start.data() + 2, kMagic.data(), kMagic.size()) == 0;
}

bool is_zip(std::span<const std::byte> start) {
  return std::memcmp(start.data(), "PK\x03\x04", 4) == 0;
}

std::array<std::byte, kMagicBytes> start_of(const Source& source) {
  std::array<std::byte, kMagicBytes> start{};
  source.read(0, std::span(start).first(std::min<size_t>(start.size(), source.size)));
  return start;
}

// The folder that holds everything: "archive" for "archive/data.pkl".
std::string root_of(const ZipArchive& archive, const std::string& name) {
  constexpr std::string_view kPickle = "/data.pkl";
  const std::string* found = nullptr;
  for (const std::string& entry : archive.names()) {
    if (entry.ends_with("/constants.pkl")) {
      fail(ErrorKind::kBadFile,
           "'{}' is a TorchScript archive, a program with its weights; in Python, save only the weights with "
           "torch.save(torch.jit.load(...).state_dict(), ...)",
           name);
    }
    const bool pickle = entry.ends_with(kPickle) && entry.find('/') == entry.size() - kPickle.size();
    if (pickle && found == nullptr) found = &entry;
  }
  if (found != nullptr) return found->substr(0, found->size() - kPickle.size());
  fail(ErrorKind::kBadFile, "'{}' is a zip archive without a data.pkl in its one folder, expected one that torch.save writes",
       name);
}

std::vector<std::byte> entry_of(const ZipArchive& archive, const std::string& entry, const std::string& file, uint64_t limit) {
  const uint64_t size = archive.size_of(entry);
  if (size > limit)
    fail(ErrorKind::kBadFile, "'{}': its entry '{}' has {} bytes, at most {} are expected", file, printable(entry), size, limit);
  std::vector<std::byte> bytes(size);
  archive.read(entry, bytes);
  return bytes;
}

// The texts of the entries whose names begin so, by the rest of these names.
Metadata ours_in(const ZipArchive& archive, const std::string& beginning, const std::string& file) {
  constexpr uint64_t kMostBytes = uint64_t{16} << 20;
  Metadata texts;
  for (const std::string& name : archive.names()) {
    if (!name.starts_with(beginning)) continue;
    const std::vector<std::byte> text = entry_of(archive, name, file, kMostBytes);
    texts[name.substr(beginning.size())] = {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  return texts;
}

TorchFile read_zip(const Source& source, std::string_view weights_in) {
  const ZipArchive archive(source);
  const std::string root = root_of(archive, source.name);
  if (archive.contains(root + "/byteorder")) {
    const std::vector<std::byte> order = entry_of(archive, root + "/byteorder", source.name, 16);
    if (std::string_view(reinterpret_cast<const char*>(order.data()), order.size()) != "little") {
      fail(ErrorKind::kBadFile, "'{}' was written on a machine with another order of bytes, expected 'little'", source.name);
    }
  }
  const std::vector<std::byte> pickle = entry_of(archive, root + "/data.pkl", source.name, kMaxPickleBytes);
  TorchObjects objects = match_torch_objects(memory_source(pickle, source.name), 0, source.size, weights_in);
  TorchFile file;
  file.tensors = gather_all(objects, [&](const TorchStorage& storage, std::span<std::byte> to) {
    const std::string entry = root + "/data/" + storage.key;
    if (const uint64_t size = archive.size_of(entry); size != to.size()) {
      fail(ErrorKind::kBadFile, "'{}': its entry '{}' has {} bytes, its tensors need {}", source.name, printable(entry), size,
           to.size());
    }
    archive.read(entry, to);
  });
  file.notes = std::move(objects.notes);
  file.ours = ours_in(archive, root + "/" + std::string(kOursFolder), source.name);
  return file;
}

// Behind the object: the pickled list of storage keys, then for each of them its number of elements (64 bits) and these.
std::map<std::string, uint64_t> old_storages(const Source& source, const TorchObjects& objects) {
  const auto damaged = [&](const std::string& what) {
    fail(ErrorKind::kBadFile, "'{}': {}; is it cut short?", source.name, what);
  };
  std::map<std::string, const TorchStorage*> known;
  for (const TorchStorage& storage : objects.storages) known.emplace(storage.key, &storage);
  const Pickle keys = match_pickle(source, objects.end);
  uint64_t at = keys.end;
  std::map<std::string, uint64_t> places;
  for (const uint32_t item : keys.at(keys.root).items) {
    const PickleObject& key = keys.at(item);
    const auto found = key.kind == PickleObject::Kind::kText ? known.find(key.text) : known.end();
    if (found == known.end()) damaged("its list of storages names one that its tensors do not know");
    int64_t elements = 0;
    if (source.size - at < sizeof elements) damaged("it ends before its storages do");
    source.read(at, std::as_writable_bytes(std::span(&elements, 1)));
    at += sizeof elements;
    const TorchStorage& storage = *found->second;
    if (elements != storage.elements) {
      damaged(
          fmt::format("storage '{}' has {} elements, its tensors expect {}", printable(key.text), elements, storage.elements));
    }
    if (source.size - at < storage.bytes()) damaged("it ends before its storages do");
    if (!places.emplace(key.text, at).second) damaged("its list of storages names one twice");
    at += storage.bytes();
  }
  return places;
}

TorchFile read_old(const Source& source, std::string_view weights_in) {
  const Pickle protocol = match_pickle(source, kMagicBytes);
  if (const int64_t number = protocol.at(protocol.root).integer; number != 1001) {
    fail(ErrorKind::kBadFile, "'{}' has version {} of PyTorch's old format, expected 1001", source.name, number);
  }
  const Pickle system = match_pickle(source, protocol.end);
  if (const PickleObject* little = system.find(system.at(system.root), "little_endian");
      little == nullptr || little->integer != 1) {
    fail(ErrorKind::kBadFile, "'{}' does not say that its bytes are in little-endian order, which is expected", source.name);
  }
  TorchObjects objects = match_torch_objects(source, system.end, source.size, weights_in);
  const std::map<std::string, uint64_t> places = old_storages(source, objects);
  TorchFile file;
  file.tensors = gather_all(objects, [&](const TorchStorage& storage, std::span<std::byte> to) {
    const auto found = places.find(storage.key);
    if (found == places.end()) {
      fail(ErrorKind::kBadFile, "'{}' holds no storage '{}', which its tensors need", source.name, printable(storage.key));
    }
    source.read(found->second, to);
  });
  file.notes = std::move(objects.notes);
  return file;
}

}  // namespace

bool is_torch_file(const Source& source) {
  if (source.size < kMagicBytes) return false;
  const auto start = start_of(source);
  return is_zip(start) || is_old(start);
}

TorchFile read_torch(const Source& source, std::string_view weights_in) {
  if (source.size >= kMagicBytes) {
    const auto start = start_of(source);
    if (is_zip(start)) return read_zip(source, weights_in);
    if (is_old(start)) return read_old(source, weights_in);
  }
  fail(ErrorKind::kBadFile,
       "'{}' is not a file that torch.save writes: it begins neither as a zip archive nor as the format before it", source.name);
}

TorchFile read_torch(const std::filesystem::path& path, std::string_view weights_in) {
  return read_torch(file_source(path), weights_in);
}

}  // namespace residual::io
