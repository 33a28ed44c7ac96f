#include "data/preprocessing/presets.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "data/preprocessing/published.h"

namespace residual::data {
namespace {

// Of CIFAR-10's training images; MNIST's as in PyTorch's example.
const std::vector<float> kCifarMean{0.4914F, 0.4822F, 0.4465F}, kCifarStd{0.2470F, 0.2435F, 0.2616F};
constexpr float kMnistMean = 0.1307F, kMnistStd = 0.3081F;

std::vector<float> each(int64_t channels, float value) {
  return std::vector<float>(static_cast<size_t>(channels), value);
}

// The shorter side, then the middle: 256 and 224 in the original, in the same proportion for other inputs.
std::vector<Transform> resize_and_crop(Size2 crop, int64_t shorter_of_224) {
  const int64_t longest = std::max(crop.height, crop.width);
  return {ResizeShorter{(longest * shorter_of_224 + 112) / 224, Filter::kBilinear, true}, CenterCrop{crop}};
}

Size2 size_of(const Shape& input) {
  return {input[1], input[2]};
}

std::vector<Transform> resized(const Shape& input, std::vector<float> mean, std::vector<float> std) {
  return normalized(input[0], {Resize{size_of(input), Filter::kBilinear, true}}, std::move(mean), std::move(std));
}

std::vector<Transform> imagenet(const Shape& input) {
  return normalized(input[0], resize_and_crop(size_of(input), 256), kImageNetMean, kImageNetStd);
}

std::vector<Transform> imagenet_v2(const Shape& input) {
  return normalized(input[0], resize_and_crop(size_of(input), 232), kImageNetMean, kImageNetStd);
}

std::vector<Transform> imagenet_norm(const Shape& input) {
  return normalized(input[0], {RequireSize{size_of(input)}}, kImageNetMean, kImageNetStd);
}

std::vector<Transform> cifar10(const Shape& input) {
  return resized(input, kCifarMean, kCifarStd);
}

std::vector<Transform> mnist(const Shape& input) {
  return resized(input, each(input[0], kMnistMean), each(input[0], kMnistStd));
}

std::vector<Transform> divide_255(const Shape& input) {
  return resized(input, {}, {});
}

std::vector<Transform> normalize_then_resize(const Shape& input) {
  return {Decode{input[0]}, Divide{255}, Normalize{each(input[0], 0.5F), each(input[0], 0.5F)},
          Resize{size_of(input), Filter::kBilinear, true}};
}

}  // namespace

std::vector<Transform> normalized(int64_t channels, std::vector<Transform> sizing, std::vector<float> mean,
                                  std::vector<float> std) {
  std::vector<Transform> transforms{Decode{channels}};
  transforms.insert(transforms.end(), sizing.begin(), sizing.end());
  transforms.emplace_back(Divide{255});
  if (!mean.empty()) transforms.emplace_back(Normalize{std::move(mean), std::move(std)});
  return transforms;
}

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{
      {"imagenet", "shorter side to 256, middle of 224, /255, ImageNet's mean and std (torchvision's first weights)",
       kImageNetInput, true, imagenet},
      {"imagenet-v2", "shorter side to 232, middle of 224, /255, ImageNet's mean and std (torchvision's second weights)",
       kImageNetInput, true, imagenet_v2},
      {"imagenet-norm", "images of the network's size only, /255, ImageNet's mean and std", {}, true, imagenet_norm},
      {"cifar10", "/255, CIFAR-10's mean and std", {}, true, cifar10},
      {"mnist", "/255, MNIST's mean and std", {}, false, mnist},
      {"divide-255", "/255 and nothing else", {}, false, divide_255},
      {"normalize-0.5-resize", "/255, less 0.5, by 0.5, then resized to 224 as float, antialiased", kImageNetInput, false,
       normalize_then_resize},
  };
  return all;
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& each : presets()) names.push_back(each.name);
  return names;
}

const Preset* find_preset(std::string_view name) {
  const auto found = std::ranges::find(presets(), name, &Preset::name);
  return found == presets().end() ? nullptr : &*found;
}

Preprocessing preset(std::string_view name, const std::optional<Shape>& input_chw) {
  const Preset* found = find_preset(name);
  if (found == nullptr) {
    fail(ErrorKind::kUsage, "no preset is called '{}'; known are {}", printable(name), fmt::join(preset_names(), ", "));
  }
  const std::optional<Shape>& input = input_chw ? input_chw : found->input;
  if (!input) fail(ErrorKind::kUsage, "the preset '{}' has no size of its own; give the network's input", name);
  if (input->rank() != 3) fail(ErrorKind::kUsage, "preprocessing: the input {} is not of the form CxHxW", to_string(*input));
  if (found->colour && (*input)[0] != 3) {
    fail(ErrorKind::kUsage, "the preset '{}' normalises three colours, the network's input {} has {} channels", name,
         to_string(*input), (*input)[0]);
  }
  return Preprocessing(found->transforms(*input));
}

Preprocessing divided_by_255(const Shape& input_chw) {
  return preset("divide-255", input_chw);
}

}  // namespace residual::data
