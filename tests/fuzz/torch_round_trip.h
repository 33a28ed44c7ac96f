// What must hold for any bytes that are taken for a file of PyTorch's, whichever of its formats they are in.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "fuzz/expect_bad_file.h"
#include "io/torch/torch_file.h"

namespace residual::fuzz {

inline int torch_round_trip(std::span<const std::byte> bytes) {
  io::TorchFile file;
  if (!expect_bad_file([&] { file = io::read_torch(io::memory_source(bytes, "input")); })) return 0;
  std::vector<std::string> order;
  for (const auto& [name, tensor] : file.tensors) order.push_back(name);
  std::vector<std::byte> written;
  io::serialize_torch(io::views_of(file.tensors), order, file.ours,
                      [&](std::span<const std::byte> part) { written.insert(written.end(), part.begin(), part.end()); });
  const io::TorchFile again = io::read_torch(io::memory_source(written, "again"));
  if (again.tensors.size() != file.tensors.size() || again.ours != file.ours) std::abort();
  for (const auto& [name, tensor] : file.tensors) {
    const Tensor& other = again.tensors.at(name);
    const bool same = other.dtype() == tensor.dtype() && other.shape() == tensor.shape() &&
                      (tensor.bytes() == 0 || std::memcmp(other.data(), tensor.data(), tensor.bytes()) == 0);
    if (!same) std::abort();
  }
  return 0;
}

}  // namespace residual::fuzz
