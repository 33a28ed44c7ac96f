// A hundred photographs and torchvision's networks, live, from JPEG and PyTorch files to logits: recognised, decoded, resized,
// cropped, normalised and evaluated here, compared with Pillow, torchvision and PyTorch.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "convert/load.h"
#include "core/system/file.h"
#include "io/safetensors/safetensors.h"
#include "parity/agreement.h"
#include "support/surroundings.h"

namespace residual {
namespace {

namespace fs = std::filesystem;

// N,C,H,W: the files, preprocessed for the model.
Tensor prepared(const eval::Model& model, const std::vector<fs::path>& files) {
  const Shape& input = model.architecture.input;
  const size_t pixels = static_cast<size_t>(input.elements());
  Tensor result(DType::kF32, Shape{static_cast<int64_t>(files.size()), input[0], input[1], input[2]});
  for (size_t i = 0; i < files.size(); ++i) {
    const Image image = decode_image(read_file(files[i]), files[i].string(), 3);
    model.preprocessing.apply(image, result.as<float>().subspan(i * pixels, pixels));
  }
  return result;
}

class Photographs : public testing::TestWithParam<std::string> {};

TEST_P(Photographs, GiveTheSameLogitsAsInPytorch) {
  if (const std::string lacks = support::python_lacks("torch, torchvision, numpy, PIL"); !lacks.empty()) GTEST_SKIP() << lacks;
  const fs::path photos = support::shared_data("photos");
  if (photos.empty()) GTEST_SKIP() << "no photographs beside the repository";
  const support::TemporaryFolder folder;
  const fs::path weights = folder / "model.pth", out = folder / "out.safetensors";
  ASSERT_TRUE(support::run_script("parity/photos_side.py",
                                  fmt::format("{} '{}' '{}' '{}'", GetParam(), photos.string(), weights.string(), out.string())));
  std::vector<fs::path> files(fs::directory_iterator(photos), {});
  std::ranges::sort(files);
  EXPECT_EQ(files.size(), 100U);
  convert::LoadedModel loaded = convert::load(weights, {.architecture = {}, .input = {}, .preprocessing = "imagenet"});
  EXPECT_EQ(loaded.model.architecture.model, GetParam());
  const Tensor logits = parity::logits_of(models::inference_graph(loaded.model.architecture, 10), std::move(loaded.model.state),
                                          prepared(loaded.model, files));
  parity::expect_same_logits(logits, io::read_safetensors(out).tensors.at("logits"));
}

INSTANTIATE_TEST_SUITE_P(SlowTorch, Photographs,
                         testing::Values("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2",
                                         "wide_resnet101_2", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
                                         "densenet121", "densenet161", "densenet169", "densenet201", "vgg11", "vgg11_bn", "vgg13",
                                         "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"),
                         [](const auto& network) { return network.param; });

}  // namespace
}  // namespace residual
