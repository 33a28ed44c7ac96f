#include "fetch/catalogue.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "core/nearest_name.h"

namespace residual::fetch {
namespace {

// Weights as torchvision 0.29 publishes them (torchvision/models/resnet.py, densenet.py, vgg.py): the file's name carries the
// first eight digits of its SHA-256, its size is given in MiB to three places, top-1 on ImageNet's validation images in per
// cent.
struct Weights {
  std::string name, file;
  double mebibytes;
  double top1;
  bool second = false;  // trained by torchvision's newer recipe and prepared by resizing to 232, not 256
};

const std::vector<Weights>& weights() {
  static const std::vector<Weights> list = {
      {"resnet18", "resnet18-f37072fd.pth", 44.661, 69.758},
      {"resnet34", "resnet34-b627a593.pth", 83.275, 73.314},
      {"resnet50", "resnet50-0676ba61.pth", 97.781, 76.130},
      {"resnet50-v2", "resnet50-11ad3fa6.pth", 97.790, 80.858, true},
      {"resnet101", "resnet101-63fe2227.pth", 170.511, 77.374},
      {"resnet101-v2", "resnet101-cd907fc2.pth", 170.530, 81.886, true},
      {"resnet152", "resnet152-394f9c45.pth", 230.434, 78.312},
      {"resnet152-v2", "resnet152-f82ba261.pth", 230.474, 82.284, true},
      {"resnext50_32x4d", "resnext50_32x4d-7cdf4587.pth", 95.789, 77.618},
      {"resnext50_32x4d-v2", "resnext50_32x4d-1a0047aa.pth", 95.833, 81.198, true},
      {"resnext101_32x8d", "resnext101_32x8d-8ba56ff5.pth", 339.586, 79.312},
      {"resnext101_32x8d-v2", "resnext101_32x8d-110c445d.pth", 339.673, 82.834, true},
      {"resnext101_64x4d", "resnext101_64x4d-173b62eb.pth", 319.318, 83.246, true},
      {"wide_resnet50_2", "wide_resnet50_2-95faca4d.pth", 131.820, 78.468},
      {"wide_resnet50_2-v2", "wide_resnet50_2-9ba9bcbe.pth", 263.124, 81.602, true},
      {"wide_resnet101_2", "wide_resnet101_2-32ee1156.pth", 242.896, 78.848},
      {"wide_resnet101_2-v2", "wide_resnet101_2-d733dc28.pth", 484.747, 82.510, true},
      {"densenet121", "densenet121-a639ec97.pth", 30.845, 74.434},
      {"densenet161", "densenet161-8d451a50.pth", 110.369, 77.138},
      {"densenet169", "densenet169-b2777c0a.pth", 54.708, 75.600},
      {"densenet201", "densenet201-c1103571.pth", 77.373, 76.896},
      {"vgg11", "vgg11-8a719046.pth", 506.840, 69.020},
      {"vgg11_bn", "vgg11_bn-6002323d.pth", 506.881, 70.370},
      {"vgg13", "vgg13-19584684.pth", 507.545, 69.928},
      {"vgg13_bn", "vgg13_bn-abd245e5.pth", 507.590, 71.586},
      {"vgg16", "vgg16-397923af.pth", 527.796, 71.592},
      {"vgg16_bn", "vgg16_bn-6c64b313.pth", 527.866, 73.360},
      {"vgg19", "vgg19-dcbb9e9d.pth", 548.051, 72.376},
      {"vgg19_bn", "vgg19_bn-c79401a0.pth", 548.143, 74.218},
  };
  return list;
}

Entry entry_of(const Weights& w) {
  const size_t dash = w.file.rfind('-');
  PublishedFile file;
  file.name = w.file;
  file.url = "https://download.pytorch.org/models/" + w.file;
  file.sha256 = w.file.substr(dash + 1, 8);
  // The size was rounded to a thousandth of a MiB; one more such step allows for either direction of rounding.
  file.least_bytes = static_cast<int64_t>(std::floor((w.mebibytes - 0.001) * 1048576));
  file.most_bytes = static_cast<int64_t>(std::ceil((w.mebibytes + 0.001) * 1048576));
  return {.name = w.name,
          .kind = Kind::kWeights,
          .summary = fmt::format("ImageNet weights of torchvision, {:.1f}% right", w.top1),
          .preset = w.second ? "imagenet-v2" : "imagenet",
          .network = w.name.substr(0, w.name.find("-v2")),
          .files = {file},
          .by_hand = ""};
}

// Sizes and SHA-256 of the data sets' files as TensorFlow Datasets keeps them (tensorflow_datasets/url_checksums/*.txt); they are
// the files whose MD5 the publishers and torchvision/datasets/{cifar,mnist}.py give.
PublishedFile file_of(const std::string& folder, const std::string& name, int64_t bytes, const std::string& sha256) {
  return {.name = name, .url = folder + name, .sha256 = sha256, .least_bytes = bytes, .most_bytes = bytes};
}

Entry data_set(const std::string& name, const std::string& summary, std::vector<PublishedFile> files) {
  return {.name = name,
          .kind = Kind::kData,
          .summary = summary,
          .preset = "",
          .network = "",
          .files = std::move(files),
          .by_hand = ""};
}

Entry cifar10() {
  return data_set("cifar10", "CIFAR-10, 60,000 colour images of 32x32 in 10 classes",
                  {file_of("https://www.cs.toronto.edu/~kriz/", "cifar-10-binary.tar.gz", 170'052'171,
                           "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")});
}

Entry cifar100() {
  return data_set("cifar100", "CIFAR-100, 60,000 colour images of 32x32 in 100 classes",
                  {file_of("https://www.cs.toronto.edu/~kriz/", "cifar-100-binary.tar.gz", 168'513'733,
                           "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")});
}

struct Content {
  int64_t bytes;
  std::string sha256;
};

// MNIST's four files, as those are called that took its form.
std::vector<PublishedFile> mnist_files(const std::string& folder, const Content& train_images, const Content& train_labels,
                                       const Content& test_images, const Content& test_labels) {
  const auto file = [&](const char* name, const Content& content) {
    return file_of(folder, name, content.bytes, content.sha256);
  };
  return {file("train-images-idx3-ubyte.gz", train_images), file("train-labels-idx1-ubyte.gz", train_labels),
          file("t10k-images-idx3-ubyte.gz", test_images), file("t10k-labels-idx1-ubyte.gz", test_labels)};
}

Entry mnist() {
  return data_set("mnist", "MNIST, 70,000 grey handwritten digits of 28x28",
                  mnist_files("https://ossci-datasets.s3.amazonaws.com/mnist/",
                              {9'912'422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
                              {28'881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
                              {1'648'877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
                              {4'542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}));
}

Entry fashion_mnist() {
  // The publishers' own link leads to this bucket's website, which speaks http alone; this is its address for https.
  return data_set("fashion-mnist", "Fashion-MNIST, 70,000 grey images of clothes, 28x28 in 10 classes",
                  mnist_files("https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
                              {26'421'880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
                              {29'515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
                              {4'422'102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
                              {5'148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}));
}

Entry signs() {
  return {
      .name = "signs",
      .kind = Kind::kData,
      .summary = "SIGNS, photos of hands that show 0 to 5; to be downloaded by hand",
      .preset = "",
      .network = "",
      .files = {},
      .by_hand =
          "SIGNS lies in its publishers' folder on Google Drive, which programs cannot fetch from. Download and unpack it with a "
          "browser:\n"
          "  https://drive.google.com/drive/u/1/folders/19xqDh1dlfIs3G18DcDI1OvBom0T8AX6H\n"
          "(linked from https://github.com/cs230-stanford/cs230-code-examples, folder pytorch/vision)"};
}

}  // namespace

const std::vector<Entry>& catalogue() {
  static const std::vector<Entry> list = [] {
    std::vector<Entry> all;
    for (const Weights& w : weights()) all.push_back(entry_of(w));
    for (Entry (*make)() : {cifar10, cifar100, mnist, fashion_mnist, signs}) all.push_back(make());
    return all;
  }();
  return list;
}

const Entry* find_entry(std::string_view name) {
  const auto& all = catalogue();
  const auto found = std::ranges::find(all, name, &Entry::name);
  return found == all.end() ? nullptr : &*found;
}

const Entry& entry_named(std::string_view name) {
  if (const Entry* entry = find_entry(name)) return *entry;
  std::vector<std::string> names;
  for (const Entry& entry : catalogue()) names.push_back(entry.name);
  fail(ErrorKind::kUsage, "nothing called '{}' can be fetched{}", printable(name), nearest_hint(name, names));
}

}  // namespace residual::fetch
