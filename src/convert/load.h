// A model from any file of weights.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "convert/file_kind.h"
#include "core/error.h"
#include "eval/model.h"
#include "residual/network.h"

namespace residual::convert {

/// What the caller knows about a file beyond its own metadata.
struct LoadOptions {
  /// Classes and input channels follow the file all the same.
  std::optional<models::Architecture> architecture;
  /// Of the images that the network takes, C,H,W, where the file does not say it; none: as `preprocessing` or the network was
  /// published.
  std::optional<Shape> input;
  /// How images are prepared, in place of what the file says: a preset's name or file (data/preprocessing/presets.h).
  std::string preprocessing;
  /// What no tensor shows of the network, `architecture` or the one that is recognised.
  NetworkChoices choices = {};
  /// Which of several state_dicts in a file of PyTorch, or of several networks in one: the beginning of its names, with dots. Our
  /// own files and ONNX hold one.
  std::string weights_in = {};
};

struct LoadedModel {
  eval::Model model;
  FileKind kind = FileKind::kUnknown;
};

/// Sets the model's preprocessing; the network's input becomes its output. Throws Error of the kind
/// `blame`, naming the model's file, where the network does not take such images; one that came from ONNX takes one size alone.
void prepare(LoadedModel& loaded, data::Preprocessing preprocessing, const std::filesystem::path& path,
             ErrorKind blame = ErrorKind::kUsage);

/// Reads our model files, the folder of a training run (its best model), safetensors and PyTorch files of weights, folders as
/// Hugging Face has them, and ONNX files (see onnx.h). Other files are compared with the network that the options name, or
/// recognised by its tensors. Half and double floats become float32. Where neither the file nor the options say how images are
/// prepared, they are divided by 255. Throws Error (kBadFile), with a table of the differences where the tensors fit no network
/// or not the one that was named; (kUsage) where the options contradict the file.
LoadedModel load(const std::filesystem::path& path, const LoadOptions& options = {});
/// A model file of ours in memory; `name` stands for it in messages. Throws as above.
LoadedModel load(std::span<const std::byte> bytes, const std::string& name, const LoadOptions& options = {});

}  // namespace residual::convert
