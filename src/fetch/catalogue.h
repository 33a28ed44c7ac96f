// What is published where: the one table of weights and data sets that can be fetched by name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace residual::fetch {

/// One file as its publishers describe it.
struct PublishedFile {
  std::string name;                         ///< the last part of the address
  std::string url;                          ///< https
  std::string sha256;                       ///< lower-case hexadecimal: all 64 digits, or as many of the first as are published
  int64_t least_bytes = 0, most_bytes = 0;  ///< equal where the size is published to the byte

  bool exact_size() const noexcept { return least_bytes == most_bytes; }
};

enum class Kind : uint8_t { kWeights, kData };

/// A name that can be fetched.
struct Entry {
  std::string name;
  Kind kind = Kind::kData;
  std::string summary;  ///< one line
  std::string preset;   ///< weights: the named preprocessing of images that they were published with
  std::string network;  ///< weights: the network's name
  std::vector<PublishedFile> files;
  std::string by_hand;  ///< where to get what programs cannot fetch; such an entry has no files
};

const std::vector<Entry>& catalogue();

/// The entry of that name, or null.
const Entry* find_entry(std::string_view name);

/// The same; throws Error (kUsage) naming what comes near.
const Entry& entry_named(std::string_view name);

}  // namespace residual::fetch
