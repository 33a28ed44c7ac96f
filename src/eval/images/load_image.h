// An encoded image as the network's input.
#pragma once

#include <span>

#include "eval/model.h"
#include "image/image.h"
#include "residual/image.h"

namespace residual::eval {

/// Working memory of one thread.
struct LoadScratch {
  Image image;
  data::Preprocessing::Scratch preprocessing;
};

/// Decodes the image, turns it upright as its Exif data say where `upright` is set, and preprocesses it as the model does. input:
/// C,H,W. Throws Error (kBadFile), naming the image, where it cannot be decoded or the preprocessing refuses it.
void load_image(const Model& model, const EncodedImage& image, bool upright, std::span<float> input, LoadScratch& scratch);

}  // namespace residual::eval
