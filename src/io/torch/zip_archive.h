// Zip archives whose entries are stored as they are.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/system/file.h"
#include "io/source.h"

struct zip;
struct zip_error;

namespace residual::io {

/// Reads archives through libzip. Compressed and encrypted entries are refused, so that nothing is larger unpacked than in the
/// file. All functions throw Error (kBadFile) that names the file, kResource where there is no memory, and what its Source
/// throws.
class ZipArchive {
 public:
  explicit ZipArchive(Source source);

  const std::vector<std::string>& names() const noexcept { return names_; }  ///< in the order of the archive's directory
  bool contains(const std::string& name) const;
  uint64_t size_of(const std::string& name) const;  ///< bytes; never more than the archive has
  /// The whole entry, `to` being exactly as large; its checksum is compared.
  void read(const std::string& name, std::span<std::byte> to) const;

 private:
  struct Close {
    void operator()(zip* archive) const noexcept;
  };
  uint64_t index_of(const std::string& name) const;
  /// Throws what reading the Source threw, if it did, else the Error that libzip's means.
  [[noreturn]] void refuse(zip_error* error, const std::string& what) const;

  std::unique_ptr<Source> source_;
  std::unique_ptr<std::exception_ptr> failure_;  ///< what reading the Source threw
  std::unique_ptr<zip, Close> archive_;
  std::vector<std::string> names_;
};

/// An entry to be written.
struct ZipEntry {
  std::string name;
  std::span<const std::byte> bytes;
};

/// Writes an archive of stored entries whose bytes begin at multiples of 64, which libzip cannot promise; the same bytes for the
/// same entries. ZIP64 where sizes need it.
void serialize_zip(std::span<const ZipEntry> entries, const ByteSink& sink);

}  // namespace residual::io
