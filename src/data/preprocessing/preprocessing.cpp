#include "data/preprocessing/preprocessing.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"

namespace residual::data {
namespace {

constexpr size_t kMostTransforms = 32;
constexpr size_t kMostText = size_t{1} << 16;  // bytes

std::vector<Transform> checked(std::vector<Transform> transforms) {
  if (transforms.size() > kMostTransforms)
    fail(ErrorKind::kUsage, "preprocessing: {} steps, at most {} are possible", transforms.size(), kMostTransforms);
  if (std::ranges::any_of(transforms, is_random))
    fail(ErrorKind::kUsage, "preprocessing: a random step; a model prepares an image the same way every time");
  return transforms;
}

std::vector<Transform> read_list(std::string_view text) {
  if (text.size() > kMostText) fail(ErrorKind::kUsage, "the text has {} bytes, at most {} are expected", text.size(), kMostText);
  const nlohmann::json json = parse_json(text, "the preprocessing steps cannot be used");
  if (!json.is_array()) fail(ErrorKind::kUsage, "a list of steps was expected");
  std::vector<Transform> transforms;
  for (size_t i = 0; i < json.size(); ++i) transforms.push_back(transform_from_json(json[i], i));
  return transforms;
}

}  // namespace

Preprocessing::Preprocessing(std::vector<Transform> transforms) : TransformList(checked(std::move(transforms))) {}

Preprocessing Preprocessing::standard(const Shape& input_chw, std::span<const float> mean, std::span<const float> std,
                                      Filter filter) {
  if (input_chw.rank() != 3)
    fail(ErrorKind::kUsage, "preprocessing: the input {} is not of the form CxHxW", to_string(input_chw));
  return Preprocessing({Decode{input_chw[0]}, Resize{{input_chw[1], input_chw[2]}, filter, true}, Divide{255},
                        Normalize{{mean.begin(), mean.end()}, {std.begin(), std.end()}}});
}

Preprocessing Preprocessing::from_json(std::string_view text) {
  try {
    return Preprocessing(read_list(text));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    fail(ErrorKind::kBadFile, "the preprocessing steps cannot be used: {}", error.what());
  }
}

std::string Preprocessing::to_json() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Transform& each : transforms()) json.push_back(data::to_json(each));
  return json.dump();
}

bool Preprocessing::exif_orientation() const {
  return std::get<Decode>(transforms()[0]).exif_orientation;
}

Preprocessing Preprocessing::with_exif_orientation(bool upright) const {
  std::vector<Transform> changed = transforms();
  std::get<Decode>(changed[0]).exif_orientation = upright;
  return Preprocessing(std::move(changed));
}

std::vector<Preprocessing> Preprocessing::crops(int64_t count) const {
  if (count == 1) return {*this};
  if (count != 5 && count != 10) fail(ErrorKind::kUsage, "an image can be cut into 1, 5 or 10 crops, not {}", count);
  const auto center =
      std::ranges::find_if(transforms(), [](const Transform& each) { return std::holds_alternative<CenterCrop>(each); });
  if (center == transforms().end()) {
    fail(ErrorKind::kUsage, "{} crops take the place of a centre crop, and this preprocessing has none: {}", count, to_json());
  }
  const auto at = center - transforms().begin();
  const auto& middle = std::get<CenterCrop>(*center);
  std::vector<Preprocessing> result;
  for (const bool mirrored : {false, true}) {
    std::vector<Transform> changed = transforms();
    if (mirrored) changed.insert(changed.begin() + at, Mirror{});
    Transform& crop = changed[static_cast<size_t>(at) + (mirrored ? 1 : 0)];
    for (const Corner corner : {Corner::kTopLeft, Corner::kTopRight, Corner::kBottomLeft, Corner::kBottomRight}) {
      crop = CornerCrop{middle.size, corner};
      result.emplace_back(changed);
    }
    crop = middle;
    result.emplace_back(changed);
    if (count == 5) break;
  }
  return result;
}

void Preprocessing::apply(const Image& image, std::span<float> out) const {
  Scratch scratch;
  apply(image, out, scratch);
}

void Preprocessing::apply(const Image& image, std::span<float> out, Scratch& scratch) const {
  Rng unused(0, Purpose::kAugment);
  TransformList::apply(image, out, scratch, unused);
}

}  // namespace residual::data
