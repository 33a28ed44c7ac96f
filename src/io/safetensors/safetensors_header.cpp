#include "io/safetensors/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "core/json_text.h"

namespace residual::io {
namespace {

constexpr std::array<std::pair<std::string_view, DType>, 8> kTypes{{{"F32", DType::kF32},
                                                                    {"F64", DType::kF64},
                                                                    {"F16", DType::kF16},
                                                                    {"BF16", DType::kBF16},
                                                                    {"I64", DType::kI64},
                                                                    {"I32", DType::kI32},
                                                                    {"U8", DType::kU8},
                                                                    {"I8", DType::kI8}}};

// Receives the JSON events. The header's form is fixed, so the current place determines what may come next: no tree is built,
// nothing nests deeper than a list in an entry in the root, and a key that comes twice is seen.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(std::string_view file, uint64_t data_size) : file_(file), data_size_(data_size) {}

  SafetensorsHeader take();

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("true or false"); }
  bool number_integer(number_integer_t) override { unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { unexpected("a number that is not a 64-bit integer"); }
  bool binary(binary_t&) override { unexpected("binary data"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(size_t) override;
  bool key(string_t& value) override;
  bool end_object() override;
  bool start_array(size_t) override;
  bool end_array() override;
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    bad("its header is not valid JSON at byte {}", position);
  }

 private:
  enum class Place { kStart, kRoot, kMetadata, kEntry, kDims, kOffsets, kDone };

  template <typename... Args>
  [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::kBadFile, "'{}' is not an intact safetensors file: {}", file_,
         fmt::format(format, std::forward<Args>(args)...));
  }
  [[noreturn]] void unexpected(std::string_view found) const { bad("its header has {} where the format allows none", found); }
  std::string subject() const { return fmt::format("tensor '{}'", printable(name_)); }
  DType type_named(std::string_view name) const;
  void finish_entry();

  std::string_view file_;
  uint64_t data_size_;
  Place place_ = Place::kStart;
  std::map<std::string, SafetensorsEntry> entries_;
  Metadata metadata_;
  bool has_metadata_ = false;
  // The entry or text that is being read.
  std::string name_, field_, type_;
  std::vector<int64_t> dims_;
  std::vector<uint64_t> offsets_;
  bool has_type_ = false, has_dims_ = false, has_offsets_ = false;
};

bool HeaderReader::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::kDims) {
    if (dims_.size() == Shape::kMaxRank)
      bad("{} has more than {} dimensions, the most that are supported", subject(), Shape::kMaxRank);
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) bad("{} has a dimension of {}", subject(), value);
    dims_.push_back(static_cast<int64_t>(value));
  } else if (place_ == Place::kOffsets && offsets_.size() < 2) {
    offsets_.push_back(value);
  } else {
    unexpected("a number");
  }
  return true;
}

bool HeaderReader::string(string_t& value) {
  if (place_ == Place::kMetadata) {
    metadata_.at(name_) = std::move(value);
  } else if (place_ == Place::kEntry && field_ == "dtype") {
    type_ = std::move(value);
    has_type_ = true;
  } else {
    unexpected("a text");
  }
  return true;
}

bool HeaderReader::start_object(size_t) {
  if (place_ == Place::kStart) {
    place_ = Place::kRoot;
  } else if (place_ == Place::kRoot) {
    place_ = name_ == "__metadata__" ? Place::kMetadata : Place::kEntry;
    has_type_ = has_dims_ = has_offsets_ = false;
    dims_.clear();
    offsets_.clear();
  } else {
    unexpected("an object");
  }
  return true;
}

bool HeaderReader::key(string_t& value) {
  switch (place_) {
    case Place::kRoot:
      name_ = std::move(value);
      if (name_ == "__metadata__" ? std::exchange(has_metadata_, true) : entries_.contains(name_)) {
        bad("'{}' occurs twice in its header", printable(name_));
      }
      break;
    case Place::kMetadata:
      name_ = std::move(value);
      if (!metadata_.try_emplace(name_).second) bad("the metadata '{}' occurs twice", printable(name_));
      break;
    default:
      field_ = std::move(value);
      if (field_ != "dtype" && field_ != "shape" && field_ != "data_offsets")
        bad("{} has an unknown field '{}'", subject(), printable(field_));
      if (field_ == "dtype" ? has_type_ : field_ == "shape" ? has_dims_ : has_offsets_)
        bad("{} has '{}' twice", subject(), field_);
  }
  return true;
}

bool HeaderReader::end_object() {
  if (place_ == Place::kEntry) finish_entry();
  place_ = place_ == Place::kRoot ? Place::kDone : Place::kRoot;
  return true;
}

bool HeaderReader::start_array(size_t) {
  if (place_ != Place::kEntry || field_ == "dtype") unexpected("a list");
  place_ = field_ == "shape" ? Place::kDims : Place::kOffsets;
  return true;
}

bool HeaderReader::end_array() {
  if (place_ == Place::kDims) has_dims_ = true;
  if (place_ == Place::kOffsets) {
    if (offsets_.size() != 2) bad("{} has {} data_offsets, expected 2", subject(), offsets_.size());
    has_offsets_ = true;
  }
  place_ = Place::kEntry;
  return true;
}

DType HeaderReader::type_named(std::string_view name) const {
  for (const auto& [known, type] : kTypes) {
    if (name == known) return type;
  }
  bad("{} has element type '{}'; supported are F32, F64, F16, BF16, I64, I32, U8", subject(), printable(name));
}

void HeaderReader::finish_entry() {
  if (!has_type_ || !has_dims_ || !has_offsets_) bad("{} lacks one of dtype, shape, data_offsets", subject());
  SafetensorsEntry entry{name_, type_named(type_), {}, offsets_[0], offsets_[1]};
  // As in Shape, dimensions of 0 must not hide an overflow of the others.
  int64_t product = 1;
  bool empty = false;
  for (int64_t dim : dims_) {
    empty = empty || dim == 0;
    if (__builtin_mul_overflow(product, dim == 0 ? 1 : dim, &product) || product > Shape::kMaxElements)
      bad("{} has more elements than can be addressed", subject());
  }
  const uint64_t expected = empty ? 0 : static_cast<uint64_t>(product) * size_of(entry.dtype);
  if (entry.begin > entry.end || entry.end > data_size_) {
    bad("{} claims the bytes {} to {} of {}; is the file cut short?", subject(), entry.begin, entry.end, data_size_);
  }
  entry.shape = Shape(dims_);
  if (entry.end - entry.begin != expected) {
    bad("{} of shape {} and type {} takes {} bytes, its place has {}", subject(), to_string(entry.shape), type_, expected,
        entry.end - entry.begin);
  }
  entries_.emplace(name_, std::move(entry));
}

SafetensorsHeader HeaderReader::take() {
  SafetensorsHeader header;
  header.metadata = std::move(metadata_);
  for (auto& [name, entry] : entries_) header.entries.push_back(std::move(entry));
  std::sort(header.entries.begin(), header.entries.end(),
            [](const auto& a, const auto& b) { return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name); });
  uint64_t end = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    if (entry.begin != end) {
      bad("tensor '{}' begins at byte {} of the data, expected {}: a hole or an overlap", printable(entry.name), entry.begin,
          end);
    }
    end = entry.end;
  }
  if (end != data_size_) bad("its tensors end at byte {} of the data, the file at {}; is it damaged?", end, data_size_);
  return header;
}

}  // namespace

std::string_view safetensors_name(DType type) noexcept {
  for (const auto& [name, known] : kTypes) {
    if (known == type) return name;
  }
  return "?";
}

SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t data_size, std::string_view file) {
  // nlohmann's lexer takes a zero byte for the end of the text and would ignore what follows.
  if (text.empty() || text.front() != '{' || text.find('\0') != std::string_view::npos) {
    fail(ErrorKind::kBadFile, "'{}' is not a safetensors file: its header is not a JSON object", file);
  }
  HeaderReader reader(file, data_size);
  nlohmann::json::sax_parse(text, &reader);
  return reader.take();
}

}  // namespace residual::io
