#include "data/overview/pass_cache.h"

#include <algorithm>

#include "core/json_text.h"
#include "core/system/cache_file.h"
#include "core/system/cache_folder.h"
#include "residual/version.h"

namespace residual::data {
namespace {

using Json = nlohmann::json;

// To be raised when a pass finds something else in the same images.
constexpr int kPass = 1;

CacheFile cache_file() {
  const std::filesystem::path folder = cache_folder();
  return {folder.empty() ? folder : folder / "images.json", "cache of image statistics", "all images are read again"};
}

std::string section() {
  return fmt::format("{} {}", kVersion, kPass);
}

// What is remembered under a name; null where it is not there.
Json entry(const std::string& name, const std::string& fingerprint) {
  if (fingerprint.empty()) return nullptr;
  Json at = read_cache(cache_file());
  for (const std::string& key : {section(), name, fingerprint}) {
    const auto found = at.is_object() ? at.find(key) : at.end();
    if (!at.is_object() || found == at.end()) return nullptr;
    at = Json(*found);
  }
  return at;
}

void keep(const std::string& name, const std::string& fingerprint, Json value) {
  if (!fingerprint.empty()) extend_cache(cache_file(), {{section(), {{name, {{fingerprint, std::move(value)}}}}}});
}

Json to_json(Size2 size) {
  return {size.height, size.width};
}

Size2 size_in(const Json& json) {
  return {json.at(0).get<int64_t>(), json.at(1).get<int64_t>()};
}

// Whether the figures can be those of a data set of so many images and channels.
bool sound(const SplitInfo& info, int64_t images, int64_t channels) {
  const auto within = [](Size2 small, Size2 large) { return small.height <= large.height && small.width <= large.width; };
  const auto fractions = [&](const std::vector<double>& values) {
    return static_cast<int64_t>(values.size()) == channels &&
           std::ranges::all_of(values, [](double value) { return value >= 0 && value <= 1; });
  };
  return info.images == images && info.channels == channels && within({1, 1}, info.smallest) &&
         within(info.smallest, info.most_common) && within(info.most_common, info.largest) && info.of_most_common >= 1 &&
         info.of_most_common <= images && fractions(info.mean) && fractions(info.std);
}

}  // namespace

std::optional<SplitInfo> remembered_statistics(const std::string& fingerprint, int64_t images, int64_t channels) {
  const Json json = entry("statistics", fingerprint);
  if (json.is_null()) return std::nullopt;
  try {
    SplitInfo info;
    info.images = json.at("images").get<int64_t>();
    info.channels = channels;
    info.smallest = size_in(json.at("smallest"));
    info.largest = size_in(json.at("largest"));
    info.most_common = size_in(json.at("most_common"));
    info.of_most_common = json.at("of_most_common").get<int64_t>();
    info.mean = json.at("mean").get<std::vector<double>>();
    info.std = json.at("std").get<std::vector<double>>();
    if (sound(info, images, channels)) return info;
  } catch (const Json::exception&) {
    // of another type than what is written here
  }
  return std::nullopt;
}

std::optional<std::vector<BrokenImage>> remembered_broken(const std::string& fingerprint) {
  const Json json = entry("broken", fingerprint);
  if (!json.is_array()) return std::nullopt;
  std::vector<BrokenImage> broken;
  for (const Json& image : json) {
    if (!image.is_array() || image.size() != 2 || !image[0].is_string() || !image[1].is_string()) return std::nullopt;
    broken.push_back({image[0].get<std::string>(), printable(image[1].get<std::string>(), kMostOfAPath)});
  }
  return broken;
}

void remember(const std::string& fingerprint, const SplitInfo& statistics) {
  keep("statistics", fingerprint,
       {{"images", statistics.images},
        {"smallest", to_json(statistics.smallest)},
        {"largest", to_json(statistics.largest)},
        {"most_common", to_json(statistics.most_common)},
        {"of_most_common", statistics.of_most_common},
        {"mean", statistics.mean},
        {"std", statistics.std}});
}

void remember(const std::string& fingerprint, const std::vector<BrokenImage>& broken) {
  Json list = Json::array();
  for (const BrokenImage& image : broken) list.push_back({image.name, image.why});
  keep("broken", fingerprint, std::move(list));
}

}  // namespace residual::data
