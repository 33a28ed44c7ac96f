// A network of the residual and plain families as data, from which the built-in ones and those of a user's JSON or TOML file are
// built.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/shape.h"
#include "residual/choices.h"

namespace residual::models {

using residual::Norm;
using residual::Shortcut;
using residual::ShortcutPool;
enum class BlockKind : uint8_t { kBasic, kBottleneck };

Shortcut shortcut_named(std::string_view name);           ///< "A", "B", "C", "none"; throws Error (kUsage)
ShortcutPool shortcut_pool_named(std::string_view name);  ///< "subsample", "max", "average"; throws Error (kUsage)
Norm norm_named(std::string_view name);                   ///< "batch", "none"; throws Error (kUsage)
BlockKind block_kind_named(std::string_view name);        ///< "basic", "bottleneck"; throws Error (kUsage)
std::string_view name_of(Shortcut shortcut);
std::string_view name_of(ShortcutPool pool);
std::string_view name_of(Norm norm);
std::string_view name_of(BlockKind kind);

/// The names that the functions above take.
std::vector<std::string> shortcut_names();
std::vector<std::string> shortcut_pool_names();
std::vector<std::string> norm_names();

struct StemConvolution {
  int64_t channels = 64, kernel = 7, stride = 2;
  bool operator==(const StemConvolution&) const = default;
};

/// The layers before the blocks: convolutions, with normalization and ReLU between them and, optionally, after the last.
struct Stem {
  std::vector<StemConvolution> convolutions{{}};
  bool norm = true, relu = true;  ///< after the last convolution
  bool max_pool = true;           ///< 3x3, stride 2
  bool operator==(const Stem&) const = default;
};

/// Blocks of one size; the first has the stride. width: output channels of a basic block, a quarter of those of a bottleneck.
struct Stage {
  int64_t blocks = 1, width = 64, stride = 1;
  bool operator==(const Stage&) const = default;
};

struct Block {
  BlockKind kind = BlockKind::kBasic;
  bool pre_activation = false;   ///< normalization and ReLU before each convolution: He et al. 2016
  bool separable = false;        ///< depthwise 3x3 and pointwise 1x1 in place of each 3x3: Chollet 2016
  int64_t groups = 1;            ///< of a bottleneck's 3x3: Xie et al. 2016
  int64_t width_per_group = 64;  ///< channels a group has where the stage's width is 64
  bool stride_on_1x1 = false;    ///< of a bottleneck: on the first 1x1 as in the paper, not on the 3x3 as in torchvision
  bool zero_last_gamma = false;  ///< the last normalization's gamma starts at 0: Goyal et al. 2017, section 5.1
  bool operator==(const Block&) const = default;
};

struct ShortcutChoice {
  Shortcut kind = Shortcut::kB;
  ShortcutPool pool = ShortcutPool::kSubsample;
  bool norm = true;          ///< of a projection
  std::optional<bool> bias;  ///< of a projection; none: where the network has no normalization
  bool operator==(const ShortcutChoice&) const = default;
};

/// After global average pooling: hidden layers with ReLU and dropout, then the layer that gives the logits.
struct Head {
  std::vector<int64_t> hidden;
  double dropout = 0;
  bool operator==(const Head&) const = default;
};

/// The parameters' names in a state_dict. Defaults: torchvision's.
struct Names {
  std::vector<std::string> stem{"conv1"}, stem_norms{"bn1"};
  std::string block = "layer{stage}.{block}";  ///< prefix of a block's names; {block} counts from 0 …
  int64_t first_stage = 1;                     ///< … and {stage} from here
  std::vector<std::string> convolutions{"conv1", "conv2", "conv3"}, norms{"bn1", "bn2", "bn3"};
  std::string projection = "downsample.0", projection_norm = "downsample.1";
  std::string final_norm = "bn";  ///< after the last block where activations come first
  std::vector<std::string> head{"fc"};
  bool operator==(const Names&) const = default;
};

struct Description {
  std::string name, summary;
  Shape input{3, 224, 224};  ///< C,H,W it was published for
  int64_t classes = 1000;
  Stem stem;
  std::vector<Stage> stages;
  Block block;
  ShortcutChoice shortcut;
  /// Stages that would divide the image's size by more have, in place of their stride, 3x3 convolutions dilated by it.
  std::optional<int64_t> output_stride;
  Norm norm = Norm::kBatch;
  std::optional<bool> bias;  ///< of convolutions; none: where there is no normalization
  Head head;
  Names names;
  bool operator==(const Description&) const = default;

  bool convolutions_have_bias() const { return bias.value_or(norm == Norm::kNone); }
  bool projections_have_bias() const { return shortcut.bias.value_or(norm == Norm::kNone); }
  /// Output channels over width.
  int64_t expansion() const { return block.kind == BlockKind::kBottleneck ? 4 : 1; }
  /// Channels of a block's 3x3 convolutions in a stage of that width: a bottleneck's may have groups of their own width (ResNeXt,
  /// Xie et al. 2016, table 1; wide ResNets).
  int64_t middle_width(int64_t width) const;
  int64_t blocks() const;
};

inline constexpr int64_t kMostBlocks = 5000;  ///< of a network, all stages together

/// Throws Error (kUsage) naming the first thing that is out of range or contradicts another.
void check(const Description& description);

/// JSON with every choice written out.
std::string to_json(const Description& description);

/// Omitted keys have the defaults above. `text` may come from anywhere; throws Error (kBadFile), its message beginning with
/// `what`, for broken JSON, unknown keys, and values that check() refuses.
Description description_from_json(std::string_view text, std::string_view what);
/// The same, written as TOML.
Description description_from_toml(std::string_view text, std::string_view what);
/// A file NAME.json or NAME.toml of at most 1 MiB; without a name of its own the network is called NAME. Throws Error (kBadFile).
Description read_description(const std::filesystem::path& path);

}  // namespace residual::models
