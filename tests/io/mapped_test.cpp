// Model files are mapped: tensors stay where they lie in the file.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "core/system/file.h"
#include "io/samples.h"
#include "io/source.h"

namespace residual::io {
namespace {

Tensor counted(const Shape& shape) {
  Tensor tensor(DType::kF32, shape);
  float next = 0;
  for (float& element : tensor.as<float>()) element = ++next;
  return tensor;
}

// "whole" fills whole vectors of 64 bytes, "part" does not.
Tensors some_tensors() {
  Tensors tensors;
  tensors.emplace("a.whole", counted({16, 3}));
  tensors.emplace("b.part", counted({5}));
  tensors.emplace("c.whole", counted({32}));
  return tensors;
}

bool lies_in(const Tensor& tensor, const Source& source) {
  return tensor.data() >= source.mapped.get() && tensor.data() < source.mapped.get() + source.size;
}

TEST(Mapped, TensorsOfWholeVectorsStayInTheFileAndOthersAreCopied) {
  const TemporaryFolder folder;
  const Tensors tensors = some_tensors();
  write_safetensors(folder / "file.safetensors", views_of(tensors));
  const Source source = mapped_source(folder / "file.safetensors");
  ASSERT_TRUE(source.mapped);
  const SafetensorsFile read = read_safetensors(source);
  for (const auto& [name, tensor] : read.tensors) {
    EXPECT_EQ(lies_in(tensor, source), name.ends_with("whole")) << name;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % sizeof(float), 0U) << name;
    EXPECT_EQ(std::memcmp(tensor.data(), tensors.at(name).data(), tensor.bytes()), 0) << name;
  }
}

TEST(Mapped, AFileWhoseTensorsAreNotAlignedIsReadAllTheSame) {
  const TemporaryFolder folder;
  Bytes bytes = file_with(R"({"a":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]}})", 64);
  const float value = 2.5F;
  std::memcpy(bytes.data() + bytes.size() - 64, &value, sizeof value);
  folder.write("file.safetensors", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const Source source = mapped_source(folder / "file.safetensors");
  const SafetensorsFile read = read_safetensors(source);
  EXPECT_FALSE(lies_in(read.tensors.at("a"), source));
  EXPECT_EQ(read.tensors.at("a").as<float>()[0], value);
}

TEST(Mapped, ATensorOutlivesItsSourceAndWritingToItLeavesTheFileAlone) {
  const TemporaryFolder folder;
  const Tensors tensors = some_tensors();
  write_safetensors(folder / "file.safetensors", views_of(tensors));
  const std::string before = folder.read("file.safetensors");
  SafetensorsFile read = read_safetensors(folder / "file.safetensors");
  read.tensors.at("a.whole").as<float>()[0] = 100;
  EXPECT_EQ(folder.read("file.safetensors"), before);
  EXPECT_EQ(read.tensors.at("a.whole").as<float>()[1], 2);
}

TEST(Mapped, ReplacingTheFileLeavesItsTensorsAsTheyWere) {
  const TemporaryFolder folder;
  const Tensors tensors = some_tensors();
  write_safetensors(folder / "file.safetensors", views_of(tensors));
  const SafetensorsFile read = read_safetensors(folder / "file.safetensors");
  replace_file(folder / "file.safetensors", "something else");
  EXPECT_EQ(read.tensors.at("c.whole").as<float>()[31], 32);
}

TEST(Mapped, WhatCannotBeMappedIsRead) {
  const TemporaryFolder folder;
  const Descriptor directory(::open(folder.path().c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(map_file(directory, 64));
  const Tensors tensors = some_tensors();
  write_safetensors(folder / "file.safetensors", views_of(tensors));
  EXPECT_FALSE(map_file(Descriptor(::open((folder / "file.safetensors").c_str(), O_RDONLY | O_CLOEXEC)), 0));
  Source source = mapped_source(folder / "file.safetensors");
  source.mapped = nullptr;
  EXPECT_EQ(read_safetensors(source).tensors.at("a.whole").as<float>()[47], 48);
}

TEST(Mapped, AFileThatShrankBeforeItsTensorsAreReadIsRefused) {
  const TemporaryFolder folder;
  const Tensors tensors = some_tensors();
  write_safetensors(folder / "file.safetensors", views_of(tensors));
  const Source source = mapped_source(folder / "file.safetensors");
  std::filesystem::resize_file(folder / "file.safetensors", 16);
  EXPECT_TRUE(mentions(error_of([&] { read_safetensors(source); }), "shrank while it was read"));
}

TEST(Mapped, ATensorNeedsABufferThatIsLargeEnough) {
  EXPECT_TRUE(mentions(error_of([] { Tensor(DType::kF32, Shape{3}, Buffer(8)); }), "takes 12 bytes, its buffer has 8"));
}

}  // namespace
}  // namespace residual::io
