// Data sets in forms that are not read: recognised by their files' names, so that the refusal says what to do.
#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

struct Explained {
  std::string_view file, and_file;  // both are there; the second may be empty. "*.csv": any file that ends so
  std::string_view what;
};
constexpr Explained kExplained[] = {
    {"data_batch_1", "", "CIFAR-10's Python version; download the binary version (data_batch_1.bin …)"},
    {"train", "meta", "CIFAR-100's Python version; download the binary version (train.bin, test.bin)"},
    {"test", "meta", "CIFAR-100's Python version; download the binary version (train.bin, test.bin)"},
    {"mnist.npz", "",
     "MNIST as Keras keeps it; use its original files (train-images-idx3-ubyte …), as `residual fetch mnist` gets them"},
    {"train_32x32.mat", "", "SVHN as MATLAB files; save its images as train/<class>/*.png"},
    {"dataset_info.json", "", "a data set of Hugging Face or TensorFlow; save its images as train/<class>/*.png"},
    {"*.csv", "",
     "a data set as tables, such as Kaggle's MNIST; images are read from image files, or MNIST from its original "
     "files (train-images-idx3-ubyte …), as `residual fetch mnist` gets them"},
    {"*.parquet", "", "a data set of Hugging Face; save its images as train/<class>/*.png"},
    {"*.arrow", "", "a data set of Hugging Face; save its images as train/<class>/*.png"},
    {"*.tfrecord", "", "a data set of TensorFlow; save its images as train/<class>/*.png"},
    {"*.npz", "", "a data set as NumPy arrays; save its images as train/<class>/*.png"},
    {"*.npy", "", "a data set as NumPy arrays; save its images as train/<class>/*.png"},
    {"*.mat", "", "a data set as MATLAB files; save its images as train/<class>/*.png"},
    {"*.h5", "", "a data set as an HDF5 file; save its images as train/<class>/*.png"},
    {"*.hdf5", "", "a data set as an HDF5 file; save its images as train/<class>/*.png"},
    {"*.mdb", "", "a data set as an LMDB; save its images as train/<class>/*.png"},
    {"*.pkl", "", "a data set as a Python pickle; save its images as train/<class>/*.png"},
    {"*.pickle", "", "a data set as a Python pickle; save its images as train/<class>/*.png"},
    {"*.rar", "", "a folder of archives of a kind that is not read; unpack them"},
    {"*.7z", "", "a folder of archives of a kind that is not read; unpack them"},
    {"*.tar", "", "a folder of archives; give one of them, or unpack them into one folder"},
    {"*.tar.gz", "", "a folder of archives; give one of them, or unpack them into one folder"},
    {"*.tgz", "", "a folder of archives; give one of them, or unpack them into one folder"},
    {"*.zip", "", "a folder of archives; give one of them, or unpack them into one folder"},
};

// Whether one of the files' names is `pattern`.
bool has_file(const std::vector<std::string>& names, std::string_view pattern) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return pattern.starts_with('*') ? lower_case(name).ends_with(pattern.substr(1)) : name == pattern;
  });
}

// Throws Error (kBadFile) where the names of files, which lie at `where`, show a data set that is not read.
void refuse(const std::vector<std::string>& names, const std::string& where) {
  for (const Explained& known : kExplained) {
    if (has_file(names, known.file) && (known.and_file.empty() || has_file(names, known.and_file)))
      fail(ErrorKind::kBadFile, "'{}' is {}", where, known.what);
  }
}

}  // namespace

void refuse_explained(const FileTree& tree) {
  std::vector<std::string> names;
  for (FileTree::Entry& entry : tree.list("")) {
    if (entry.folder) return;  // of classes, perhaps, with the files beside them
    names.push_back(std::move(entry.name));
  }
  refuse(names, tree.where(""));
}

void refuse_explained(const std::string& name, const std::string& where) {
  refuse({name}, where);
}

}  // namespace residual::data
