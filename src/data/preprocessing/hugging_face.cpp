// Hugging Face's `preprocessor_config.json`: its image processor as a list of transforms.
#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/limits.h"
#include "data/preprocessing/config_fields.h"
#include "data/preprocessing/presets.h"

namespace residual::data {
namespace {

// The processors that are described by their fields alone.
struct Kind {
  std::string_view name;
  bool square = false;                // whether a size that is one number is both sides; otherwise the shorter one
  Filter filter = Filter::kBilinear;  // the default
  bool crop_pct = false;              // whether a shorter side alone makes squares, small ones by crop_pct
  bool crops = false;                 // whether it crops by default
};
// HF's ResNets name it; the default where none is named.
constexpr Kind kConvNext{.name = "ConvNext", .crop_pct = true};
constexpr Kind kKinds[] = {kConvNext,
                           {.name = "Bit", .filter = Filter::kBicubic, .crops = true},
                           {.name = "CLIP", .filter = Filter::kBicubic, .crops = true},
                           {.name = "ViT", .square = true},
                           {.name = "DeiT", .square = true, .filter = Filter::kBicubic, .crops = true},
                           {.name = "MobileNetV1", .crops = true},
                           {.name = "MobileNetV2", .crops = true}};

// Known steps; any other "do_…" that is true is refused.
constexpr std::string_view kKnownSteps[] = {"do_resize",    "do_center_crop", "do_rescale",
                                            "do_normalize", "do_convert_rgb", "do_reduce_labels"};

// Both sides; with `shorter` the shorter one twice.
struct Extent {
  Size2 size;
  bool shorter = false;
};

int64_t in_proportion(int64_t side, int64_t to, int64_t from) {
  return (side * to + from / 2) / from;
}

class ImageProcessor {
 public:
  ImageProcessor(const nlohmann::json& json, std::string_view name, const std::optional<Shape>& input)
      : fields_(json, name), input_(input), kind_(kind()) {
    for (const auto& [key, value] : json.items()) {
      const bool other =
          key.starts_with("do_") ? std::ranges::find(kKnownSteps, key) == std::end(kKnownSteps) : key == "rescale_offset";
      if (other && fields_.flag(key, false)) fields_.bad("'{}' is not supported", printable(key));
    }
  }

  Preprocessing preprocessing() const {
    try {
      std::vector<Transform> transforms = sizing();
      if (fields_.flag("do_rescale", true)) {
        if (!(std::abs(fields_.number("rescale_factor", 1.0 / 255, 0, 1) - 1.0 / 255) <= 1e-6))
          fields_.bad("'rescale_factor' is {}, only 1/255 is supported", fields_["rescale_factor"].get<double>());
        transforms.emplace_back(Divide{255});
      }
      int64_t channels = 3;
      if (fields_.flag("do_normalize", true)) {
        Normalize normalize{colours("image_mean"), colours("image_std")};
        if (normalize.mean.size() == 1) channels = 1;
        transforms.emplace_back(std::move(normalize));
      }
      transforms.insert(transforms.begin(), Decode{input_ ? (*input_)[0] : channels});
      return Preprocessing(std::move(transforms));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUsage) throw;
      fields_.bad("{}", error.what());
    }
  }

  bool makes_one_size() const { return resizes() || crops(); }

 private:
  bool resizes() const { return fields_.flag("do_resize", true); }
  bool crops() const { return fields_.flag("do_center_crop", fields_.has("crop_size")); }

  // "ConvNextFeatureExtractor", "ConvNextImageProcessor", "ConvNextImageProcessorFast".
  Kind kind() const {
    const std::string type = fields_.text("image_processor_type", fields_.text("feature_extractor_type", ""));
    if (type.empty()) return kConvNext;
    for (const Kind& each : kKinds) {
      if (!type.starts_with(each.name)) continue;
      const std::string_view rest = std::string_view(type).substr(each.name.size());
      if (rest.starts_with("ImageProcessor") || rest.starts_with("FeatureExtractor")) return each;
    }
    fields_.bad("the image processor '{}' is not supported", printable(type));
  }

  std::vector<float> colours(std::string_view key) const {
    if (!fields_.has(key)) fields_.bad("'{}' is missing", key);
    return fields_.colours(key, {});
  }

  int64_t side(const nlohmann::json& value, std::string_view key) const {
    if (!is_side(value)) fields_.bad("'{}' is not within 1 … {}", key, kMostSide);
    return value.get<int64_t>();
  }

  // N, {"shortest_edge": N} or {"height": H, "width": W}.
  Extent extent(std::string_view key, bool square) const {
    if (!fields_.has(key)) fields_.bad("'{}' is missing", key);
    const nlohmann::json& value = fields_[key];
    if (value.is_number()) return {{side(value, key), side(value, key)}, !square};
    std::vector<std::string> given;  // in the order of the alphabet
    if (value.is_object()) {
      for (const auto& [name, number] : value.items()) {
        if (!number.is_null()) given.push_back(name);
      }
    }
    if (given == std::vector<std::string>{"shortest_edge"}) {
      const int64_t edge = side(value["shortest_edge"], key);
      return {{edge, edge}, true};
    }
    if (given != std::vector<std::string>{"height", "width"})
      fields_.bad("'{}' is neither a number nor 'shortest_edge' nor 'height' and 'width'", key);
    return {{side(value["height"], key), side(value["width"], key)}, false};
  }

  // Pillow's numbers.
  Filter filter() const {
    if (!fields_.has("resample")) return kind_.filter;
    const nlohmann::json& number = fields_["resample"];
    if (number == 1) return Filter::kLanczos;
    if (number == 2) return Filter::kBilinear;
    if (number == 3) return Filter::kBicubic;
    if (number == 4) return Filter::kBox;
    fields_.bad("'resample' is {}; 1 (lanczos), 2 (bilinear), 3 (bicubic) and 4 (box) are supported", printable(number.dump()));
  }

  std::vector<Transform> sizing() const {
    if (kind_.crops && !fields_.has("do_center_crop") && !fields_.has("crop_size"))
      fields_.bad("it has neither 'do_center_crop' nor 'crop_size', on which {} processors depend", kind_.name);
    if (crops()) return cropped(resizes());
    if (resizes()) return resized();
    if (!input_) fields_.bad("nothing brings images to one size: 'do_resize' is false and 'do_center_crop' is not true");
    return {RequireSize{{(*input_)[1], (*input_)[2]}}};
  }

  // The middle is cropped, its start rounded down, which both the plain and the fast processors do.
  std::vector<Transform> cropped(bool resize) const {
    const Extent crop = extent("crop_size", true);
    if (crop.shorter) fields_.bad("'crop_size' is a shorter side; 'height' and 'width' are supported");
    const Size2 out = input_ ? Size2{(*input_)[1], (*input_)[2]} : crop.size;
    const CenterCrop crop_middle{out, CropStart::kFloor};
    if (!resize) return {crop_middle};
    const Extent first = extent("size", kind_.square);
    const int64_t height = in_proportion(first.size.height, out.height, crop.size.height);
    const int64_t width = in_proportion(first.size.width, out.width, crop.size.width);
    if (first.shorter) return {ResizeShorter{std::max(height, width), filter(), true}, crop_middle};
    return {Resize{{height, width}, filter(), true}, crop_middle};
  }

  // For a shorter side below 384 ConvNextImageProcessor resizes to it / crop_pct and crops a square; from 384 on it stretches.
  std::vector<Transform> resized() const {
    const Extent to = extent("size", kind_.square);
    const Size2 out = input_ ? Size2{(*input_)[1], (*input_)[2]} : to.size;
    if (!to.shorter) return {Resize{out, filter(), true}};
    if (!kind_.crop_pct)
      fields_.bad("'size' is a shorter side and 'do_center_crop' is not true: images would keep sizes of their own");
    if (out.height != out.width) fields_.bad("it makes squares, the network takes {} x {}", out.height, out.width);
    if (out.height >= 384) return {Resize{out, filter(), true}};
    const double shorter = static_cast<double>(out.height) / fields_.number("crop_pct", 224.0 / 256, 0.1, 1);
    return {ResizeShorter{static_cast<int64_t>(shorter), filter(), true}, CenterCrop{out, CropStart::kFloor}};
  }

  ConfigFields fields_;
  const std::optional<Shape>& input_;
  Kind kind_;
};

nlohmann::json processor_in(std::string_view json, std::string_view name) {
  nlohmann::json parsed = parse_config(json, name);
  if (!parsed.is_object())
    fail(ErrorKind::kBadFile, "'{}' is not a configuration of an image processor: it is not a JSON object", name);
  return parsed;
}

}  // namespace

std::optional<Shape> hugging_face_input(std::string_view json, std::string_view name) {
  const nlohmann::json parsed = processor_in(json, name);
  const std::optional<Shape> any;
  const ImageProcessor processor(parsed, name, any);
  return processor.makes_one_size() ? std::optional(processor.preprocessing().output_shape()) : std::nullopt;
}

Preprocessing preprocessing_from_hugging_face(std::string_view json, std::string_view name,
                                              const std::optional<Shape>& input_chw) {
  return ImageProcessor(processor_in(json, name), name, input_chw).preprocessing();
}

}  // namespace residual::data
