#include "data/transforms/transform_list.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace residual::data {
namespace {

float pointwise(const Transform& transform, size_t channel, float x) {
  return std::visit(
      [&]<typename T>(const T& each) {
        if constexpr (Pointwise<T>) return each.value(channel, x);
        return x;
      },
      transform);
}

// The size after a transform; kAnySize: not known.
Size2 size_after(const Transform& transform, Size2 in) {
  return std::visit(
      [&]<typename T>(const T& each) {
        if constexpr (Sized<T>) return each.output_size(in).value_or(in);
        return in;
      },
      transform);
}

std::vector<std::array<float, 256>> table_of(std::span<const Transform> transforms, int64_t channels) {
  std::vector<std::array<float, 256>> table(static_cast<size_t>(channels));
  for (size_t c = 0; c < table.size(); ++c) {
    for (size_t byte = 0; byte < 256; ++byte) {
      float value = static_cast<float>(byte);
      for (const Transform& each : transforms) value = pointwise(each, c, value);
      table[c][byte] = value;
    }
  }
  return table;
}

std::span<float> space(std::vector<float>& memory, int64_t channels, Size2 size) {
  memory.resize(static_cast<size_t>(channels * size.height * size.width));
  return memory;
}

}  // namespace

TransformList::TransformList(std::vector<Transform> transforms) : transforms_(std::move(transforms)) {
  if (transforms_.empty() || !std::holds_alternative<Decode>(transforms_[0]))
    fail(ErrorKind::kUsage, "preprocessing: the first step must be decode, with 1 or 3 channels");
  const auto begin = transforms_.begin(), end = transforms_.end(), first_pointwise = std::find_if(begin, end, is_pointwise);
  first_float_ = static_cast<size_t>(first_pointwise - begin);
  after_table_ = static_cast<size_t>(std::find_if_not(first_pointwise, end, is_pointwise) - begin);

  Place place{.channels = std::get<Decode>(transforms_[0]).channels};
  Size2 size = kAnySize;
  for (size_t i = 0; i < transforms_.size(); ++i) {
    place.index = i;
    place.floats = i > first_float_;
    std::visit([&](const auto& each) { each.check(place); }, transforms_[i]);
    size = size_after(transforms_[i], size);
    if (i >= after_table_ && std::visit([]<typename T>(const T&) { return Moving<T>; }, transforms_[i])) last_moving_ = i;
  }
  if (size == kAnySize) {
    fail(ErrorKind::kUsage, "preprocessing: the steps do not lead to one fixed size; add resize, center_crop or require_size");
  }
  output_ = Shape{place.channels, size.height, size.width};
  table_ = table_of(std::span(transforms_).subspan(first_float_, after_table_ - first_float_), place.channels);
}

void TransformList::apply(const Image& image, std::span<float> out, Scratch& scratch, Rng& rng) const {
  if (out.size() != static_cast<size_t>(output_.elements())) {
    fail(ErrorKind::kUsage, "a prepared image has {} values ({}), there is space for {}", output_.elements(), to_string(output_),
         out.size());
  }
  check_image(image);
  apply_to_floats(apply_to_bytes(image, scratch, rng), out, scratch, rng);
}

// The result is `image` itself, or lies in `scratch` when there was anything to do.
const Image& TransformList::apply_to_bytes(const Image& image, Scratch& scratch, Rng& rng) const {
  const Image* current = &image;
  const auto other = [&]() -> Image& { return current == &scratch.bytes ? scratch.other_bytes : scratch.bytes; };
  const auto own = [&]() -> Image& {  // `current`, copied when it is the caller's
    if (current == &image) {
      scratch.bytes = image;
      current = &scratch.bytes;
    }
    return current == &scratch.bytes ? scratch.bytes : scratch.other_bytes;
  };
  if (image.channels != channels()) convert_channels(own(), channels());
  const auto step = [&]<typename T>(const T& transform) {
    if constexpr (Sized<T>) {
      const std::optional<Size2> size = transform.output_size({current->height, current->width});
      if (!size) return;
      if constexpr (Moving<T>) {
        Image& out = other();
        out.channels = current->channels;
        out.height = size->height;
        out.width = size->width;
        out.pixels.resize(static_cast<size_t>(out.channels * out.height * out.width));
        transform.apply(*current, out, rng);
        current = &out;
      }
    } else if constexpr (InPlace<T>) {
      transform.apply(own(), rng);
    }
  };
  for (size_t i = 1; i < first_float_; ++i) std::visit(step, transforms_[i]);
  return *current;
}

// H,W,C bytes to C,H,W floats.
void TransformList::look_up(const Image& image, std::span<float> out) const {
  const size_t channels = table_.size(), count = out.size() / channels;
  const uint8_t* pixels = image.pixels.data();
  for (size_t c = 0; c < channels; ++c) {
    const float* table = table_[c].data();
    float* plane = out.data() + c * count;
    for (size_t i = 0; i < count; ++i) plane[i] = table[pixels[i * channels + c]];
  }
}

// From the table on. What makes the last new image makes it in `out`; what comes behind changes it there.
void TransformList::apply_to_floats(const Image& image, std::span<float> out, Scratch& scratch, Rng& rng) const {
  const Size2 size{image.height, image.width};
  Planes current{channels(), size.height, size.width, last_moving_ == 0 ? out : space(scratch.floats, channels(), size)};
  look_up(image, current.values);
  size_t i = after_table_;
  const auto step = [&]<typename T>(const T& transform) {
    if constexpr (Sized<T>) {
      const std::optional<Size2> wanted = transform.output_size(current.size());
      if (!wanted) return;
      if constexpr (Moving<T>) {
        const bool last = i == last_moving_;
        const Planes next{channels(), wanted->height, wanted->width,
                          last ? out : space(scratch.other_floats, channels(), *wanted)};
        transform.apply(current, next, rng);
        if (!last) scratch.floats.swap(scratch.other_floats);  // the memory itself stays where it is
        current = next;
      }
    } else if constexpr (InPlace<T>) {
      transform.apply(current, rng);
    } else if constexpr (Pointwise<T>) {
      const auto count = static_cast<size_t>(current.height * current.width);
      for (size_t at = 0; at < current.values.size(); ++at) current.values[at] = transform.value(at / count, current.values[at]);
    }
  };
  for (; i < transforms_.size(); ++i) std::visit(step, transforms_[i]);
  if (current.values.data() != out.data()) std::ranges::copy(current.values, out.begin());
}

}  // namespace residual::data
