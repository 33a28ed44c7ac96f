// The table of transforms: what can happen to an image between its decoded bytes and the network's input.
#pragma once

#include <concepts>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <variant>

#include "data/transforms/decode.h"
#include "data/transforms/geometry/crop.h"
#include "data/transforms/geometry/mirror.h"
#include "data/transforms/geometry/require_size.h"
#include "data/transforms/geometry/resize.h"
#include "data/transforms/pointwise.h"
#include "data/transforms/random/random_crop.h"
#include "data/transforms/random/random_flip.h"

namespace residual::data {

/// Each is a struct of parameters, equal when these are, with
///
///     static constexpr std::string_view kName;   its "step" in JSON
///     static constexpr bool kRandom;             whether it draws random numbers; a model file keeps only those that do not
///     void fields(Fields&);                      the names of its parameters in JSON
///     void check(const Place&) const;            throws Error (kUsage) for parameters that make no sense there
///
/// a random one also with
///
///     static constexpr std::string_view kAugmentation;             its name in `--augment`
///     static bool suits(const TrainingImages&);                    whether `--augment auto` has it
///     static std::optional<T> for_images(const TrainingImages&);   as `--augment` adds it; none where it makes no sense
///
/// and, of what it does to an image, the members of one of the concepts below. What is random is drawn from the Rng alone: the
/// transforms of a list draw from one sequence for each (seed, epoch, sample), in the order of the list.
using Transform =
    std::variant<Decode, RequireSize, Resize, ResizeShorter, CenterCrop, CornerCrop, Mirror, Divide, Scale, Normalize,  //
                 RandomCrop, RandomFlip>;

/// Changes each value by itself.
template <typename T>
concept Pointwise = requires(const T& transform) {
  { transform.value(size_t{}, float{}) } -> std::same_as<float>;
};

/// Changes an image in place.
template <typename T>
concept InPlace = requires(const T& transform, Image& image, const Planes& planes, Rng& rng) {
  transform.apply(image, rng);
  transform.apply(planes, rng);
};

/// Knows which size an image of size `in` gets: none where the image stays as it is, kAnySize where `in` is not known (kAnySize)
/// and the result depends on it. Throws Error (kBadFile) for an image that is refused.
template <typename T>
concept Sized = requires(const T& transform, Size2 in) {
  { transform.output_size(in) } -> std::same_as<std::optional<Size2>>;
};

/// Makes a new image; `out` has the size that output_size says and the channels of `in`, and does not overlap it.
template <typename T>
concept Moving = Sized<T> && requires(const T& transform, const Image& in, Image& out, const Planes& planes, Rng& rng) {
  transform.apply(in, out, rng);
  transform.apply(planes, planes, rng);
};

/// Whether it changes each value by itself.
bool is_pointwise(const Transform& transform);
bool is_random(const Transform& transform);

/// {"step":"divide","by":255.0}
nlohmann::ordered_json to_json(const Transform& transform);

/// The transform at `index` of a list. Throws Error (kUsage) for an unknown step, and for fields that are unknown, missing or of
/// another kind.
Transform transform_from_json(const nlohmann::json& json, size_t index);

}  // namespace residual::data
