// The parameters of an op, as plain data that can be compared, printed and parsed without knowing the op.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "core/error.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace residual {

/// One field to and from text. Doubles read back to the same bits.
std::string field_text(int64_t value);
std::string field_text(double value);
std::string field_text(bool value);
std::string field_text(DType value);
std::string field_text(const Size2& value);                 // 3x3
std::string field_text(const Shape& value);                 // 128x3x32x32
std::string field_text(const std::vector<int64_t>& value);  // [0,2,3]
std::string field_text(const std::string& value);           // "quoted"
void read_field(std::string_view text, int64_t& value);
void read_field(std::string_view text, double& value);
void read_field(std::string_view text, bool& value);
void read_field(std::string_view text, DType& value);
void read_field(std::string_view text, Size2& value);
void read_field(std::string_view text, Shape& value);
void read_field(std::string_view text, std::vector<int64_t>& value);
void read_field(std::string_view text, std::string& value);

/// A type-erased, immutable, cheaply copied attribute struct. The struct is plain data with `operator== = default` and
///   template <typename V> void fields(V&& visit) { visit("stride", stride); visit("groups", groups); }
class Attributes {
 public:
  Attributes() = default;
  template <typename T>
  static Attributes of(T value) {
    Attributes attributes;
    attributes.held_ = std::make_shared<Held<T>>(std::move(value));
    return attributes;
  }

  template <typename T>
  const T& as() const {
    const auto* held = dynamic_cast<const Held<T>*>(held_.get());
    if (held == nullptr) fail(ErrorKind::kOther, "an op's attributes were read as {}", typeid(T).name());
    return held->value;
  }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  Fields fields() const { return held_ ? held_->fields() : Fields{}; }
  bool operator==(const Attributes& other) const { return held_ ? held_->equals(other.held_.get()) : !other.held_; }

  /// A copy whose fields are read from text; unknown or missing names throw Error (kBadFile).
  Attributes parsed(const std::map<std::string, std::string>& texts) const;

 private:
  struct AnyHeld {
    virtual ~AnyHeld() = default;
    virtual Fields fields() const = 0;
    virtual bool equals(const AnyHeld* other) const = 0;
    virtual std::shared_ptr<const AnyHeld> parsed(const std::map<std::string, std::string>& texts) const = 0;
  };
  template <typename T>
  struct Held final : AnyHeld {
    explicit Held(T v) : value(std::move(v)) {}
    Fields fields() const override {
      Fields result;
      T copy = value;
      copy.fields([&](const char* name, const auto& field) { result.emplace_back(name, field_text(field)); });
      return result;
    }
    std::shared_ptr<const AnyHeld> parsed(const std::map<std::string, std::string>& texts) const override {
      T copy = value;
      size_t known = 0;
      copy.fields([&](const char* name, auto& field) {
        const auto found = texts.find(name);
        if (found == texts.end()) fail(ErrorKind::kBadFile, "attribute '{}' is missing", name);
        read_field(found->second, field);
        ++known;
      });
      if (known != texts.size()) fail(ErrorKind::kBadFile, "{} attributes are given, {} are known", texts.size(), known);
      return std::make_shared<Held>(std::move(copy));
    }
    bool equals(const AnyHeld* other) const override {
      const auto* held = dynamic_cast<const Held*>(other);
      return held != nullptr && held->value == value;
    }
    T value;
  };
  std::shared_ptr<const AnyHeld> held_;
};

/// For ops without parameters.
struct NoAttrs {
  bool operator==(const NoAttrs&) const = default;
  template <typename V>
  void fields(V&&) {}
};

}  // namespace residual
