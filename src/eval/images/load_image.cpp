#include "eval/images/load_image.h"

#include "core/log.h"
#include "image/formats/orientation.h"

namespace residual::eval {

void load_image(const Model& model, const EncodedImage& image, bool upright, std::span<float> input, LoadScratch& scratch) {
  const std::string warning = decode_image(image.bytes, image.name, model.preprocessing.channels(), scratch.image);
  if (!warning.empty()) warn("{}", warning);
  if (upright) make_upright(scratch.image, exif_orientation(image.bytes));
  try {
    model.preprocessing.apply(scratch.image, input, scratch.preprocessing);
  } catch (const Error& error) {  // the preprocessing does not know the name of the image that it refuses
    fail(error.kind(), "'{}': {}", image.name, error.what());
  }
}

}  // namespace residual::eval
