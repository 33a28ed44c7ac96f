// The hash FNV-1a of 64 bits (Fowler, Noll, Vo): the same on every machine, for keys and seeds, not against adversaries.
#pragma once

#include <cstdint>
#include <string_view>

namespace residual {

class Fnv1a {
 public:
  void add(uint64_t value) noexcept { value_ = (value_ ^ value) * 0x100000001B3; }
  void add(std::string_view text) noexcept {
    for (const char c : text) add(static_cast<uint64_t>(static_cast<unsigned char>(c)));
  }
  uint64_t value() const noexcept { return value_; }

 private:
  uint64_t value_ = 0xCBF29CE484222325;
};

}  // namespace residual
