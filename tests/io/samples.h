// Small files and folders that the io tests share.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "io/checkpoint.h"
#include "io/model_file.h"
#include "io/safetensors/safetensors.h"
#include "support/surroundings.h"

namespace residual::io {

using support::FullDisk;
using support::TemporaryFolder;

/// The error that `action` throws; a failure of the test when it throws none.
inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "expected an Error";
  return Error(ErrorKind::kOther, "none");
}

inline ::testing::AssertionResult mentions(const Error& error, const std::string& part) {
  if (std::string(error.what()).find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << error.what() << "' does not mention '" << part << "'";
}

using Bytes = std::vector<std::byte>;

/// A safetensors file with this header text and this many bytes of data behind it.
inline Bytes file_with(const std::string& header, size_t data = 0) {
  const uint64_t length = header.size();
  Bytes bytes(8 + header.size() + data);
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

inline ModelFile small_model() {
  ModelFile model;
  model.architecture = R"({"model":"linear","input":[1,2,2],"classes":2})";
  model.preprocessing = R"([{"step":"scale","by":0.00392156862745098}])";
  model.labels = {"cat", "dog"};
  model.extra = {{"author", "someone"}};
  model.tensors.emplace("fc.weight", Tensor::of<float>({2, 4}, std::vector<float>{1, -2, 3, -4, 0.5F, 0, 7, 8}));
  model.tensors.emplace("fc.bias", Tensor::of<float>({2}, std::vector<float>{0.25F, -0.25F}));
  model.tensors.emplace("bn.num_batches_tracked", Tensor::of<int64_t>({}, std::vector<int64_t>{42}));
  return model;
}

inline Bytes bytes_of(const ModelFile& model) {
  Bytes bytes;
  serialize_model(model, views_of(model.tensors),
                  [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  return bytes;
}

}  // namespace residual::io
