// What a user writes: nothing but the public headers, linked with residual::residual.
#include <residual/residual.h>

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
  residual::BuildOptions options;
  options.classes = 3;
  residual::Model model = residual::Model::build("resnet8", options);

  const std::vector<uint8_t> grey(3 * 32 * 32, 128);
  double sum = 0;
  for (const residual::Prediction& guess : model.predict(residual::ImageView{grey, {}}, 3)) {
    std::printf("class %s: %.3f\n", guess.label.c_str(), guess.probability);
    sum += guess.probability;
  }
  if (std::abs(sum - 1) > 1e-5) {
    std::printf("the probabilities of all classes add up to %g, not 1\n", sum);
    return 1;
  }
  try {
    residual::Model::load("/nonexistent.safetensors");
  } catch (const residual::Error& error) {
    return error.kind() == residual::ErrorKind::kBadFile ? 0 : 1;
  }
  return 1;
}
