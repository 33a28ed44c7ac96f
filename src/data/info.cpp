#include "data/info.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "core/thread_team.h"

namespace residual::data {
namespace {

using Json = nlohmann::ordered_json;

// Integers, so that the order of addition does not matter.
struct Sums {
  std::array<uint64_t, 3> sum{}, squares{};
  int64_t pixels = 0;
  Size2 smallest{INT64_MAX, INT64_MAX}, largest;

  void add(const Image& image) {
    const auto channels = static_cast<size_t>(image.channels);
    for (size_t i = 0; i < image.pixels.size(); ++i) {
      const uint64_t value = image.pixels[i];
      sum[i % channels] += value;
      squares[i % channels] += value * value;
    }
    pixels += image.height * image.width;
    smallest = {std::min(smallest.height, image.height), std::min(smallest.width, image.width)};
    largest = {std::max(largest.height, image.height), std::max(largest.width, image.width)};
  }
  void add(const Sums& other) {
    for (size_t c = 0; c < 3; ++c) {
      sum[c] += other.sum[c];
      squares[c] += other.squares[c];
    }
    pixels += other.pixels;
    smallest = {std::min(smallest.height, other.smallest.height), std::min(smallest.width, other.smallest.width)};
    largest = {std::max(largest.height, other.largest.height), std::max(largest.width, other.largest.width)};
  }
};

Sums sums_of(const Dataset& dataset, int threads) {
  std::vector<Sums> parts(static_cast<size_t>(threads));
  for_each_part(dataset.size(), threads, [&](int64_t part, int64_t begin, int64_t end) {
    Image image;
    for (int64_t i = begin; i < end; ++i) {
      dataset.read(i, image);
      parts[static_cast<size_t>(part)].add(image);
    }
  });
  Sums all;
  for (const Sums& part : parts) all.add(part);
  return all;
}

std::string sizes_text(const SplitInfo& split) {
  const auto [small, large] = std::pair(split.smallest, split.largest);
  const std::string_view colour = split.channels == 1 ? "grey" : "colour";
  if (small == large) return fmt::format("{} x {} pixels, {}", small.width, small.height, colour);
  return fmt::format("{} … {} pixels wide, {} … {} high, {}", small.width, large.width, small.height, large.height, colour);
}

std::string numbers_text(const std::vector<double>& values) {
  std::string text;
  for (double value : values) text += fmt::format("{}{:.4f}", text.empty() ? "" : " ", value);
  return text;
}

std::array<std::pair<std::string_view, const std::optional<SplitInfo>*>, 3> splits_of(const DataInfo& info) {
  return {{{"train", &info.train}, {"validation", &info.validation}, {"test", &info.test}}};
}

}  // namespace

SplitInfo inspect(const Dataset& dataset, int threads) {
  if (threads < 1) fail(ErrorKind::kUsage, "{} threads, expected at least 1", threads);
  SplitInfo info;
  info.images = dataset.size();
  info.per_class.resize(dataset.classes().size());
  for (int64_t i = 0; i < dataset.size(); ++i) ++info.per_class.at(static_cast<size_t>(dataset.label(i)));
  info.channels = dataset.image_shape()[0];
  const Sums sums = sums_of(dataset, static_cast<int>(std::min<int64_t>(threads, std::max<int64_t>(dataset.size(), 1))));
  info.smallest = sums.smallest;
  info.largest = sums.largest;
  for (size_t c = 0; c < static_cast<size_t>(info.channels); ++c) {
    const double count = static_cast<double>(std::max<int64_t>(sums.pixels, 1)), mean = static_cast<double>(sums.sum[c]) / count;
    info.mean.push_back(mean / 255);
    info.std.push_back(std::sqrt(std::max(static_cast<double>(sums.squares[c]) / count - mean * mean, 0.0)) / 255);
  }
  return info;
}

DataInfo inspect(const DataSource& source, int threads) {
  DataInfo info{source.format, source.found, source.classes(), {}, {}, {}};
  if (source.train) info.train = inspect(*source.train, threads);
  if (source.validation) info.validation = inspect(*source.validation, threads);
  if (source.test) info.test = inspect(*source.test, threads);
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
  for (const auto& [name, split] : splits_of(info)) {
    if (!*split) continue;
    const SplitInfo& s = **split;
    json[std::string(name)] = {{"images", s.images},
                               {"per_class", s.per_class},
                               {"channels", s.channels},
                               {"smallest", {s.smallest.height, s.smallest.width}},
                               {"largest", {s.largest.height, s.largest.width}},
                               {"mean", s.mean},
                               {"std", s.std}};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace residual::data
