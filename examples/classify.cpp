// Says what a model sees in images: classify MODEL IMAGE...
#include <residual/residual.h>

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: classify MODEL IMAGE...\n");
    return EXIT_FAILURE;
  }
  try {
    residual::Model model = residual::Model::load(arguments[1]);
    for (int i = 2; i < count; ++i) {
      const residual::Prediction best = model.predict(arguments[i]).front();
      std::printf("%s: %s (%.1f%%)\n", arguments[i], best.label.c_str(), 100 * best.probability);
    }
    // Pixels that are in memory already, here a grey image made on the spot.
    const std::vector<uint8_t> grey(32 * 32, 128);
    const residual::Prediction nothing = model.predict(residual::ImageView{grey, {1, 32, 32}}, 1).front();
    std::printf("plain grey: %s (%.1f%%)\n", nothing.label.c_str(), 100 * nothing.probability);
  } catch (const residual::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return residual::exit_code(error.kind());
  }
}
