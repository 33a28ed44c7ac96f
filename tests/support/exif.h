// Image files with Exif data.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>

#include "support/files.h"

namespace residual::support {

/// A TIFF header and a directory of one entry.
inline std::string tiff(bool little_endian, uint32_t tag, uint32_t type, uint32_t count, uint32_t value) {
  const auto number = [&](uint32_t it, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(it >> 8 * (little_endian ? i : bytes - 1 - i) & 255);
    return text;
  };
  const std::string entry = type == 3 ? number(value, 2) + number(0, 2) : number(value, 4);
  return (little_endian ? std::string("II*\0", 4) : std::string("MM\0*", 4)) + number(8, 4) + number(1, 2) + number(tag, 2) +
         number(type, 2) + number(count, 4) + entry + number(0, 4);
}

/// Of 37 x 29 pixels.
inline std::string jpeg_with(const std::string& exif) {
  const std::string file = read(golden("jpeg_420.jpg"));
  const std::string segment = std::string("Exif\0\0", 6) + exif;
  const auto length = segment.size() + 2;
  return file.substr(0, 2) + "\xff\xe1" + static_cast<char>(length >> 8) + static_cast<char>(length & 255) + segment +
         file.substr(2);
}

inline std::string png_with(const std::string& exif) {
  const std::string file = read(golden("colour.png")), body = "eXIf" + exif;
  const auto crc = static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  // After the header chunk, which ends at byte 33.
  return file.substr(0, 33) + big_endian({static_cast<uint32_t>(exif.size())}) + body + big_endian({crc}) + file.substr(33);
}

}  // namespace residual::support
