// Prints the most likely class of images: classify MODEL IMAGE...
#include <residual/residual.h>

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: classify MODEL IMAGE...\n");
    return EXIT_FAILURE;
  }
  try {
    const residual::Model model = residual::Model::load(arguments[1]);
    for (int i = 2; i < count; ++i) {
      const residual::Prediction best = model.predict(arguments[i]).front();
      std::printf("%s: %s (%.1f%%)\n", arguments[i], best.label.c_str(), 100 * best.probability);
    }
    // Pixels already in memory, in batches, with results written to your memory: here two plain images.
    residual::Predictor predictor = model.predictor({.batch_size = 2});
    const std::vector<uint8_t> grey(32 * 32, 128), light(32 * 32 * 3, 200);
    const std::vector<residual::ImageView> images = {{grey, {1, 32, 32}}, {light, {3, 32, 32}}};
    std::vector<int64_t> classes(2);      // the most likely class of each image …
    std::vector<float> probabilities(2);  // … and its probability
    predictor.predict(images, {.top_classes = classes, .top_probabilities = probabilities});
    std::printf("plain grey: class %d (%.1f%%)\n", static_cast<int>(classes[0]), 100 * probabilities[0]);
  } catch (const residual::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return residual::exit_code(error.kind());
  }
}
