// One small file of every format, cut off everywhere and with every single byte of its first 4 KiB changed to every other value:
// each is read, or refused as a bad file.
#include "core/error.h"
#include "data/files/archive.h"
#include "data/files/gzip.h"
#include "data/labels.h"
#include "data/preprocessing/presets.h"
#include "data/sources/cifar.h"
#include "data/sources/idx.h"
#include "files.h"
#include "image/formats/orientation.h"

namespace residual::data {
namespace {

struct Format {
  std::string name;
  std::string file;
  void (*read)(const std::string& bytes);
};

std::string corpus(const std::string& name) {
  return read(fs::path(RESIDUAL_SOURCE_DIR) / "tests/fuzz/corpus" / name);
}

void read_image(const std::string& bytes) {
  Image image = decode_image(bytes_of(bytes), "altered", 3, int64_t{1} << 20);
  make_upright(image, exif_orientation(bytes_of(bytes)));
}
void read_archive(const std::string& bytes) {
  archive_in_memory(bytes_of(bytes), "altered");
}
void read_idx(const std::string& bytes) {
  parse_idx_images(bytes_of(bytes), "altered");
}
void read_gzip(const std::string& bytes) {
  gunzip(bytes_of(bytes), "altered", size_t{1} << 20);
}
void read_cifar(const std::string& bytes) {
  check_cifar(bytes_of(bytes), kCifar100FineFormat, "altered");
}
void read_preset(const std::string& bytes) {
  preprocessing_from_timm(bytes, "altered");
}
void read_image_processor(const std::string& bytes) {
  preprocessing_from_hugging_face(bytes, "altered");
}
void read_steps(const std::string& bytes) {
  Preprocessing::from_json(bytes);
}
void read_labels_text(const std::string& bytes) {
  parse_labels(bytes, "altered");
}

std::vector<Format> formats() {
  return {{"jpeg", read(golden("jpeg_grey.jpg")), read_image},
          {"jpeg_progressive", read(golden("jpeg_grey_progressive.jpg")), read_image},
          {"png_palette", read(golden("palette_4_transparent.png")), read_image},
          {"png_interlaced", read(golden("colour_16_interlaced.png")), read_image},
          {"gif", read(golden("formats/small_frame.gif")), read_image},
          {"webp", read(golden("formats/lossy.webp")), read_image},
          {"bmp_runs", read(golden("formats/rle8.bmp")), read_image},
          {"tiff", read(golden("formats/palette_packbits.tif")), read_image},
          {"tar_gz", corpus("archive/gnu.tar.gz"), read_archive},
          {"tar", corpus("archive/ustar.tar"), read_archive},
          {"zip", corpus("archive/deflate.zip"), read_archive},
          {"gzip", corpus("idx/labels.gz"), read_gzip},
          {"idx", idx_images(2, 3, 4), read_idx},
          {"cifar100", corpus("cifar/cifar100"), read_cifar},
          {"timm_config", corpus("preset/timm.json"), read_preset},
          {"image_processor", corpus("preset/preprocessor_config.json"), read_image_processor},
          {"image_processor_crop", corpus("preset/preprocessor_config_crop.json"), read_image_processor},
          {"steps", corpus("preset/steps.json"), read_steps},
          {"labels", corpus("labels/index.json"), read_labels_text}};
}

class Altered : public testing::TestWithParam<Format> {
 protected:
  // Whether the bytes were read; anything but Error (kBadFile) fails the test.
  static bool reads(const Format& format, const std::string& bytes) {
    try {
      format.read(bytes);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
      return false;
    }
  }
};

constexpr size_t kMost = 4096;

TEST_P(Altered, FileCutOffAnywhereIsReadOrRefused) {
  const std::string& file = GetParam().file;
  ASSERT_TRUE(reads(GetParam(), file));
  int refused = 0;
  for (size_t size = 0; size < std::min(file.size(), kMost); ++size) refused += !reads(GetParam(), file.substr(0, size));
  EXPECT_GT(refused, 0);
}

TEST_P(Altered, FileWithAnyByteChangedIsReadOrRefused) {
  std::string file = GetParam().file;
  int64_t refused = 0;
  for (size_t at = 0; at < std::min(file.size(), kMost); ++at) {
    const char original = file[at];
    for (int value = 1; value < 256; ++value) {
      file[at] = static_cast<char>(original ^ value);
      refused += !reads(GetParam(), file);
    }
    file[at] = original;
  }
  EXPECT_GT(refused, 0);
}

INSTANTIATE_TEST_SUITE_P(Slow, Altered, testing::ValuesIn(formats()), [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace residual::data
