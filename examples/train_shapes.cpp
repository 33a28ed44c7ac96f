// Trains a network on the built-in images and saves it: train_shapes [FILE [EPOCHS [IMAGES]]]
#include <residual/residual.h>

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  const char* file = count > 1 ? arguments[1] : "shapes.safetensors";
  residual::TrainingOptions options;
  options.epochs = count > 2 ? std::atoi(arguments[2]) : 4;
  options.on_epoch = [](const residual::Epoch& epoch) {
    std::printf("epoch %d: train loss %.3f, test accuracy %.1f%%\n", static_cast<int>(epoch.number), epoch.train_loss,
                100 * epoch.held_out_top1);
  };
  try {
    residual::DatasetOptions images;
    images.train_size = count > 3 ? std::atoi(arguments[3]) : 20000;
    const residual::Dataset data = residual::Dataset::open("shapes", images);
    residual::Model model = residual::Model::build("resnet20", data);
    model.train(data, options);
    model.save(file);
    std::printf("%s: a %s with %d parameters\n", file, model.name().c_str(), static_cast<int>(model.summary().parameters));
  } catch (const residual::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return residual::exit_code(error.kind());
  }
}
