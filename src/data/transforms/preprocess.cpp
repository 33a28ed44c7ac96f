#include "data/transforms/preprocess.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/limits.h"

namespace residual::data {
namespace {

constexpr size_t kMaxSteps = 32;
constexpr int64_t kMaxInputPixels = kMostSide * kMostSide;  // of a network's input

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

float pointwise(const Step& step, size_t channel, float value) {
  if (const auto* divide = std::get_if<DivideStep>(&step)) return value / divide->by;
  if (const auto* scale = std::get_if<ScaleStep>(&step)) return value * scale->by;
  const auto& normalize = std::get<NormalizeStep>(step);
  return (value - normalize.mean[channel]) / normalize.std[channel];
}

void check_size(Size2 size) {
  if (size.height < 1 || size.width < 1 || size.height > kMaxInputPixels / size.width) {
    fail(ErrorKind::kUsage,
         "preprocessing: a size of {} x {} (height x width) is out of range: at least 1 x 1, at most {} pixels", size.height,
         size.width, kMaxInputPixels);
  }
}

void check_number(double value, bool may_be_zero, std::string_view what) {
  if (!std::isfinite(value) || (value == 0 && !may_be_zero)) {
    fail(ErrorKind::kUsage, "preprocessing: {} is {}, expected a finite number{}", what, value,
         may_be_zero ? "" : " other than 0");
  }
}

void check_normalize(const NormalizeStep& step, int64_t channels) {
  const auto count = static_cast<size_t>(channels);
  if (step.mean.size() != count || step.std.size() != count) {
    fail(ErrorKind::kUsage,
         "preprocessing: normalize has {} means and {} standard deviations for {} channels; one of each a channel is expected",
         step.mean.size(), step.std.size(), channels);
  }
  for (float mean : step.mean) check_number(mean, true, "a mean");
  for (float std : step.std) check_number(std, false, "a standard deviation");
  if (std::any_of(step.std.begin(), step.std.end(), [](float std) { return std < 0; })) {
    fail(ErrorKind::kUsage, "preprocessing: a standard deviation is below 0");
  }
}

void check_filter(Filter filter, bool antialias, bool on_floats) {
  if (antialias) return;
  if (!on_floats) {
    fail(ErrorKind::kUsage,
         "preprocessing: resizing bytes is always antialiased; put the resize behind a divide, scale or normalize step");
  }
  if (filter != Filter::kBilinear && filter != Filter::kNearest) {
    fail(ErrorKind::kUsage, "preprocessing: without antialias only the filters bilinear and nearest are known, not {}",
         name_of(filter));
  }
}

// Checks one step after the first; `size` is the image's size behind it, 0 x 0 while it can be any.
void check_step(const Step& step, int64_t channels, bool on_floats, Size2& size) {
  std::visit(
      Overloaded{[&](const DecodeStep&) { fail(ErrorKind::kUsage, "preprocessing: decode can only be the first step"); },
                 [&](const RequireSizeStep& require) {
                   check_size(require.size);
                   if (on_floats || size != Size2{}) {
                     fail(ErrorKind::kUsage, "preprocessing: require_size comes before steps that change the image");
                   }
                   size = require.size;
                 },
                 [&](const ResizeStep& resize) {
                   check_size(resize.size);
                   check_filter(resize.filter, resize.antialias, on_floats);
                   size = resize.size;
                 },
                 [&](const ResizeShorterStep& shorter) {
                   check_size({shorter.size, shorter.size});
                   check_filter(shorter.filter, shorter.antialias, on_floats);
                   size = {};
                 },
                 [&](const CenterCropStep& crop) {
                   check_size(crop.size);
                   size = crop.size;
                 },
                 [&](const CornerCropStep& crop) {
                   check_size(crop.size);
                   size = crop.size;
                 },
                 [](const MirrorStep&) {}, [&](const DivideStep& divide) { check_number(divide.by, false, "the divisor"); },
                 [&](const ScaleStep& scale) { check_number(scale.by, false, "the factor"); },
                 [&](const NormalizeStep& normalize) { check_normalize(normalize, channels); }},
      step);
}

// The size that resize_shorter gives an image. A very long one would need more memory than it can justify.
Size2 shorter_size(int64_t height, int64_t width, int64_t size) {
  const int64_t shorter = std::min(height, width), longer = std::max(height, width);
  const int64_t other =
      static_cast<int64_t>(static_cast<double>(size) * static_cast<double>(longer) / static_cast<double>(shorter));
  if (other > 65535 || other > kMaxPixels / size) {
    fail(ErrorKind::kBadFile,
         "an image of {} x {} pixels is too long to be prepared: with a shorter side of {} the other one would be {}", width,
         height, size, other);
  }
  return height <= width ? Size2{size, other} : Size2{other, size};
}

// Where the crop starts along one axis; negative when it is larger than the image. Halves round to even, as Python's round.
int64_t crop_start(int64_t in, int64_t crop) {
  if (crop > in) return -((crop - in) / 2);
  const int64_t rest = in - crop;
  return rest % 2 == 0 ? rest / 2 : (rest / 2) % 2 == 0 ? rest / 2 : rest / 2 + 1;
}

// What to cut out: its upper left corner, which lies outside the image when that is smaller, and its size.
struct Window {
  int64_t top = 0, left = 0;
  Size2 size;
};

Window window_of(const Step& step, Size2 in) {
  if (const auto* center = std::get_if<CenterCropStep>(&step)) {
    return {crop_start(in.height, center->size.height), crop_start(in.width, center->size.width), center->size};
  }
  const auto& [size, corner] = std::get<CornerCropStep>(step);
  if (size.height > in.height || size.width > in.width) {
    fail(ErrorKind::kBadFile,
         "an image has {} x {} pixels (width x height) when its corners are to be cut out, which are {} x {}", in.width,
         in.height, size.width, size.height);
  }
  const bool bottom = corner == Corner::kBottomLeft || corner == Corner::kBottomRight;
  const bool right = corner == Corner::kTopRight || corner == Corner::kBottomRight;
  return {bottom ? in.height - size.height : 0, right ? in.width - size.width : 0, size};
}

// source: planes x in.height rows of in.width elements of `step` values; what lies outside is 0.
template <typename T>
void crop(const T* source, int64_t planes, Size2 in, int64_t step, const Window& window, T* to) {
  const auto& [top, left, out] = window;
  std::fill_n(to, planes * out.height * out.width * step, T{0});
  const int64_t first_row = std::max<int64_t>(-top, 0), last_row = std::min(out.height, in.height - top);
  const int64_t first = std::max<int64_t>(-left, 0), last = std::min(out.width, in.width - left);
  for (int64_t p = 0; p < planes; ++p) {
    for (int64_t y = first_row; y < last_row; ++y) {
      const T* from = source + ((p * in.height + y + top) * in.width + first + left) * step;
      std::copy_n(from, (last - first) * step, to + ((p * out.height + y) * out.width + first) * step);
    }
  }
}

// The same rows, each from right to left.
template <typename T>
void mirror(const T* source, int64_t rows, int64_t width, int64_t step, T* to) {
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < width; ++x)
      std::copy_n(source + (y * width + width - 1 - x) * step, step, to + (y * width + x) * step);
  }
}

std::optional<ResizeStep> as_resize(const Step& step, int64_t height, int64_t width) {
  if (const auto* resize = std::get_if<ResizeStep>(&step)) return *resize;
  if (const auto* shorter = std::get_if<ResizeShorterStep>(&step)) {
    return ResizeStep{shorter_size(height, width, shorter->size), shorter->filter, shorter->antialias};
  }
  return std::nullopt;
}

}  // namespace

bool is_pointwise(const Step& step) {
  return std::holds_alternative<DivideStep>(step) || std::holds_alternative<ScaleStep>(step) ||
         std::holds_alternative<NormalizeStep>(step);
}

Preprocessing::Preprocessing(std::vector<Step> steps) : steps_(std::move(steps)) {
  if (steps_.empty() || !std::holds_alternative<DecodeStep>(steps_[0])) {
    fail(ErrorKind::kUsage, "preprocessing: the first step must be decode, with 1 or 3 channels");
  }
  if (steps_.size() > kMaxSteps)
    fail(ErrorKind::kUsage, "preprocessing: {} steps, at most {} are possible", steps_.size(), kMaxSteps);
  const int64_t channels = std::get<DecodeStep>(steps_[0]).channels;
  if (channels != 1 && channels != 3)
    fail(ErrorKind::kUsage, "preprocessing: decode to {} channels, 1 or 3 are possible", channels);

  Size2 size;
  const auto first_pointwise = std::find_if(steps_.begin(), steps_.end(), is_pointwise);
  first_float_ = static_cast<size_t>(first_pointwise - steps_.begin());
  first_spatial_ = static_cast<size_t>(std::find_if_not(first_pointwise, steps_.end(), is_pointwise) - steps_.begin());
  for (size_t i = 1; i < steps_.size(); ++i) check_step(steps_[i], channels, i > first_float_, size);
  if (size == Size2{}) {
    fail(ErrorKind::kUsage, "preprocessing: the steps do not lead to one fixed size; add resize, center_crop or require_size");
  }
  output_ = Shape{channels, size.height, size.width};

  table_.resize(static_cast<size_t>(channels));
  for (size_t c = 0; c < table_.size(); ++c) {
    for (size_t byte = 0; byte < 256; ++byte) {
      float value = static_cast<float>(byte);
      for (size_t i = first_float_; i < first_spatial_; ++i) value = pointwise(steps_[i], c, value);
      table_[c][byte] = value;
    }
  }
}

Preprocessing Preprocessing::standard(const Shape& input_chw, std::span<const float> mean, std::span<const float> std,
                                      Filter filter) {
  if (input_chw.rank() != 3)
    fail(ErrorKind::kUsage, "preprocessing: the input {} is not of the form CxHxW", to_string(input_chw));
  return Preprocessing({DecodeStep{input_chw[0]}, ResizeStep{{input_chw[1], input_chw[2]}, filter, true}, DivideStep{255},
                        NormalizeStep{{mean.begin(), mean.end()}, {std.begin(), std.end()}}});
}

bool Preprocessing::exif_orientation() const {
  return std::get<DecodeStep>(steps_[0]).exif_orientation;
}

Preprocessing Preprocessing::with_exif_orientation(bool upright) const {
  std::vector<Step> steps = steps_;
  std::get<DecodeStep>(steps[0]).exif_orientation = upright;
  return Preprocessing(std::move(steps));
}

std::vector<Preprocessing> Preprocessing::crops(int64_t count) const {
  if (count == 1) return {*this};
  if (count != 5 && count != 10) fail(ErrorKind::kUsage, "an image can be looked at in 1, 5 or 10 crops, not {}", count);
  const auto center = std::ranges::find_if(steps_, [](const Step& step) { return std::holds_alternative<CenterCropStep>(step); });
  if (center == steps_.end()) {
    fail(ErrorKind::kUsage, "{} crops take the place of a centre crop, and this preprocessing has none: {}", count, to_json());
  }
  const auto at = center - steps_.begin();
  const Size2 size = std::get<CenterCropStep>(*center).size;
  std::vector<Preprocessing> result;
  for (const bool mirrored : {false, true}) {
    std::vector<Step> steps = steps_;
    if (mirrored) steps.insert(steps.begin() + at, MirrorStep{});
    Step& crop = steps[static_cast<size_t>(at) + (mirrored ? 1 : 0)];
    for (const Corner corner : {Corner::kTopLeft, Corner::kTopRight, Corner::kBottomLeft, Corner::kBottomRight}) {
      crop = CornerCropStep{size, corner};
      result.emplace_back(steps);
    }
    crop = CenterCropStep{size};
    result.emplace_back(steps);
    if (count == 5) break;
  }
  return result;
}

void Preprocessing::apply(const Image& image, std::span<float> out) const {
  Scratch scratch;
  apply(image, out, scratch);
}

void Preprocessing::apply(const Image& image, std::span<float> out, Scratch& scratch) const {
  if (out.size() != static_cast<size_t>(output_.elements())) {
    fail(ErrorKind::kUsage, "a prepared image has {} values ({}), there is space for {}", output_.elements(), to_string(output_),
         out.size());
  }
  check_image(image);
  const Image* current = &image;
  apply_bytes(current, scratch);
  if (first_spatial_ == steps_.size()) {
    apply_table(*current, out);
  } else {
    scratch.planes.resize(current->pixels.size());
    apply_table(*current, scratch.planes);
    apply_floats(current->height, current->width, out, scratch);
  }
}

// The steps before the first on floats; `current` is left at the result, which lies in `scratch` when anything was to be done.
void Preprocessing::apply_bytes(const Image*& current, Scratch& scratch) const {
  const auto next = [&]() -> Image& { return current == &scratch.bytes ? scratch.other : scratch.bytes; };
  if (current->channels != channels()) {
    Image& converted = next();
    converted = *current;
    convert_channels(converted, channels());
    current = &converted;
  }
  for (size_t i = 1; i < first_float_; ++i) {
    const Size2 size{current->height, current->width};
    if (const auto* require = std::get_if<RequireSizeStep>(&steps_[i])) {
      if (size == require->size) continue;
      fail(ErrorKind::kBadFile, "an image has {} x {} pixels (width x height), this model takes {} x {} only", size.width,
           size.height, require->size.width, require->size.height);
    }
    Image& out = next();
    if (const auto step = as_resize(steps_[i], size.height, size.width)) {
      if (size == step->size) continue;
      resize(*current, step->size.height, step->size.width, step->filter, out);
      current = &out;
      continue;
    }
    const bool mirrored = std::holds_alternative<MirrorStep>(steps_[i]);
    const Window window = mirrored ? Window{0, 0, size} : window_of(steps_[i], size);
    if (!mirrored && size == window.size) continue;
    out.channels = current->channels;
    out.height = window.size.height;
    out.width = window.size.width;
    out.pixels.resize(static_cast<size_t>(out.height * out.width * out.channels));
    if (mirrored) {
      mirror(current->pixels.data(), size.height, size.width, out.channels, out.pixels.data());
    } else {
      crop(current->pixels.data(), 1, size, out.channels, window, out.pixels.data());
    }
    current = &out;
  }
}

// H,W,C bytes to C,H,W floats.
void Preprocessing::apply_table(const Image& image, std::span<float> out) const {
  const size_t channels = table_.size(), count = out.size() / channels;
  const uint8_t* pixels = image.pixels.data();
  for (size_t c = 0; c < channels; ++c) {
    const float* table = table_[c].data();
    float* plane = out.data() + c * count;
    for (size_t i = 0; i < count; ++i) plane[i] = table[pixels[i * channels + c]];
  }
}

// The steps from the first that moves floats; the source lies in scratch.planes.
void Preprocessing::apply_floats(int64_t height, int64_t width, std::span<float> out, Scratch& scratch) const {
  Size2 size{height, width};
  for (size_t i = first_spatial_; i < steps_.size(); ++i) {
    if (is_pointwise(steps_[i])) {
      const size_t count = scratch.planes.size() / table_.size();
      for (size_t at = 0; at < scratch.planes.size(); ++at)
        scratch.planes[at] = pointwise(steps_[i], at / count, scratch.planes[at]);
      continue;
    }
    if (std::holds_alternative<MirrorStep>(steps_[i])) {
      scratch.more.resize(scratch.planes.size());
      mirror(scratch.planes.data(), channels() * size.height, size.width, 1, scratch.more.data());
      scratch.planes.swap(scratch.more);
      continue;
    }
    const auto step = as_resize(steps_[i], size.height, size.width);
    const Window window = step ? Window{0, 0, step->size} : window_of(steps_[i], size);
    const Size2 wanted = window.size;
    if (size == wanted) continue;
    scratch.more.resize(static_cast<size_t>(channels() * wanted.height * wanted.width));
    if (step) {
      resize(scratch.planes, {channels(), size.height, size.width}, wanted.height, wanted.width, step->filter, step->antialias,
             scratch.more);
    } else {
      crop(scratch.planes.data(), channels(), size, 1, window, scratch.more.data());
    }
    scratch.planes.swap(scratch.more);
    size = wanted;
  }
  std::copy(scratch.planes.begin(), scratch.planes.end(), out.begin());
}

}  // namespace residual::data
