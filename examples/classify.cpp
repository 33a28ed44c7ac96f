// Prints the most likely class of images: classify MODEL IMAGE-OR-FOLDER...
#include <residual/residual.h>

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: classify MODEL IMAGE-OR-FOLDER...\n");
    return EXIT_FAILURE;
  }
  try {
    const residual::Model model = residual::Model::load(arguments[1]);
    // Files and whole folders, decoded by other threads while the network computes.
    const std::vector<std::filesystem::path> paths(arguments + 2, arguments + count);
    model.predict_files(residual::find_images(paths).images, [](const residual::FilePrediction& image) {
      if (!image.error.empty()) {
        std::fprintf(stderr, "%s\n", image.error.c_str());
      } else {
        const residual::Prediction& best = image.predictions.front();
        std::printf("%s: %s (%.1f%%)\n", image.file.c_str(), best.label.c_str(), 100 * best.probability);
      }
    });
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
