#include "data/overview/info.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "data/overview/pass_cache.h"
#include "data/overview/size_counts.h"

namespace residual::data {
namespace {

using Json = nlohmann::ordered_json;

// Integers, so that the order of addition does not matter.
struct Sums {
  std::array<uint64_t, 3> sum{}, squares{};
  int64_t pixels = 0;
  Size2 smallest{INT64_MAX, INT64_MAX}, largest;
  SizeCounts sizes;

  template <size_t C>
  void add_pixels(const Image& image) {
    std::array<uint64_t, C> total{}, square{};
    for (size_t i = 0; i + C <= image.pixels.size(); i += C) {
      for (size_t c = 0; c < C; ++c) {
        const uint32_t value = image.pixels[i + c];
        total[c] += value;
        square[c] += value * value;
      }
    }
    for (size_t c = 0; c < C; ++c) {
      sum[c] += total[c];
      squares[c] += square[c];
    }
  }
  void add(const Image& image) {
    image.channels == 1 ? add_pixels<1>(image) : add_pixels<3>(image);
    pixels += image.height * image.width;
    sizes.add({image.height, image.width});
    smallest = {std::min(smallest.height, image.height), std::min(smallest.width, image.width)};
    largest = {std::max(largest.height, image.height), std::max(largest.width, image.width)};
  }
  void add(const Sums& other) {
    for (size_t c = 0; c < 3; ++c) {
      sum[c] += other.sum[c];
      squares[c] += other.squares[c];
    }
    pixels += other.pixels;
    sizes.add(other.sizes);
    smallest = {std::min(smallest.height, other.smallest.height), std::min(smallest.width, other.smallest.width)};
    largest = {std::max(largest.height, other.largest.height), std::max(largest.width, other.largest.width)};
  }
};

std::string sizes_text(const SplitInfo& split) {
  const auto [small, large] = std::pair(split.smallest, split.largest);
  const std::string_view colour = split.channels == 1 ? "grey" : "colour";
  if (small == large) return fmt::format("{} x {} pixels, {}", small.width, small.height, colour);
  return fmt::format("{} … {} pixels wide, {} … {} high, most often {} x {} ({} of {}), {}", small.width, large.width,
                     small.height, large.height, split.most_common.width, split.most_common.height, split.of_most_common,
                     split.images, colour);
}

std::string numbers_text(const std::vector<double>& values) {
  std::string text;
  for (double value : values) text += fmt::format("{}{:.4f}", text.empty() ? "" : " ", value);
  return text;
}

std::array<std::pair<std::string_view, const std::optional<SplitInfo>*>, 3> splits_of(const DataInfo& info) {
  return {{{"train", &info.train}, {"validation", &info.validation}, {"test", &info.test}}};
}

// Everything but per_class.
SplitInfo read_all(const Dataset& dataset, int threads, const PassObserver& observer) {
  SplitInfo info;
  info.images = dataset.size();
  info.channels = dataset.image_shape()[0];
  std::vector<Sums> parts(static_cast<size_t>(threads));
  const auto add = [&](int thread, int64_t index, Image& image) {
    dataset.read(index, image);
    parts[static_cast<size_t>(thread)].add(image);
  };
  info.broken = over_images(dataset.size(), threads, observer, add, [&](int64_t index) { return dataset.name(index); });
  Sums sums;
  for (const Sums& part : parts) sums.add(part);
  info.smallest = sums.smallest;
  info.largest = sums.largest;
  std::tie(info.most_common, info.of_most_common) = sums.sizes.most_common();
  for (size_t c = 0; c < static_cast<size_t>(info.channels); ++c) {
    const double count = static_cast<double>(std::max<int64_t>(sums.pixels, 1)), mean = static_cast<double>(sums.sum[c]) / count;
    info.mean.push_back(mean / 255);
    info.std.push_back(std::sqrt(std::max(static_cast<double>(sums.squares[c]) / count - mean * mean, 0.0)) / 255);
  }
  return info;
}

}  // namespace

SplitInfo inspect(const Dataset& dataset, int threads, const PassObserver& observer) {
  if (threads < 1) fail(ErrorKind::kUsage, "{} threads, expected at least 1", threads);
  const std::string fingerprint = dataset.fingerprint();
  std::optional<SplitInfo> info = remembered_statistics(fingerprint, dataset.size(), dataset.image_shape()[0]);
  if (!info) {
    info = read_all(dataset, threads, observer);
    if (info->broken.empty()) remember(fingerprint, *info);
  }
  info->per_class.resize(dataset.classes().size());
  for (int64_t i = 0; i < dataset.size(); ++i) ++info->per_class.at(static_cast<size_t>(dataset.label(i)));
  return std::move(*info);
}

DataInfo inspect(const DataSource& source, int threads, const PassObserver& observer) {
  DataInfo info{source.format, source.found, source.classes(), {}, {}, {}, source.left_out, source.broken};
  std::vector<BrokenImage> broken;
  int64_t images = 0;
  const auto add = [&](const Dataset* split, std::optional<SplitInfo>& to) {
    if (split == nullptr) return;
    to = inspect(*split, threads, observer);
    images += to->images;
    broken.insert(broken.end(), to->broken.begin(), to->broken.end());
  };
  add(source.train.get(), info.train);
  add(source.validation.get(), info.validation);
  add(source.test.get(), info.test);
  refuse_broken(broken, images);
  return info;
}

std::string to_text(const DataInfo& info) {
  std::string text = info.found + "\n";
  for (const auto& [name, split] : splits_of(info)) {
    if (!*split) continue;
    text += fmt::format("\n{}: {} images, {}\n  mean {}, std {} (values 0 … 1)\n", name, (*split)->images, sizes_text(**split),
                        numbers_text((*split)->mean), numbers_text((*split)->std));
  }
  size_t width = 5;
  for (const std::string& name : info.classes) width = std::max(width, printable(name).size());
  text += fmt::format("\n{:<{}}", "class", width);
  for (const auto& [name, split] : splits_of(info)) {
    if (*split) text += fmt::format("  {:>10}", name);
  }
  for (size_t c = 0; c < info.classes.size(); ++c) {
    text += fmt::format("\n{:<{}}", printable(info.classes[c]), width);
    for (const auto& [name, split] : splits_of(info)) {
      if (*split) text += fmt::format("  {:>10}", (*split)->per_class[c]);
    }
  }
  return text + "\n";
}

std::string to_json(const DataInfo& info) {
  Json json = {{"format", name_of(info.format)}, {"found", info.found}, {"classes", info.classes}};
  json["left_out"] = {{"files", info.left_out.files}, {"endings", info.left_out.endings}, {"hidden", info.left_out.hidden}};
  json["omitted"] = Json::array();
  for (const BrokenImage& image : info.omitted) json["omitted"].push_back({{"name", image.name}, {"why", image.why}});
  for (const auto& [name, split] : splits_of(info)) {
    if (!*split) continue;
    const SplitInfo& s = **split;
    json[std::string(name)] = {{"images", s.images},
                               {"per_class", s.per_class},
                               {"channels", s.channels},
                               {"smallest", {s.smallest.height, s.smallest.width}},
                               {"largest", {s.largest.height, s.largest.width}},
                               {"most_common", {s.most_common.height, s.most_common.width}},
                               {"of_most_common", s.of_most_common},
                               {"mean", s.mean},
                               {"std", s.std}};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace residual::data
