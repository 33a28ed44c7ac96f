// The formats that open_data tries, one function to recognise and one to open each.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "data/files/file_tree.h"

namespace residual::data {

/// What the folders of a split are called, in any case.
inline constexpr std::string_view kTrainNames[] = {"train", "training"};
inline constexpr std::string_view kValidationNames[] = {"val", "validation", "valid"};
inline constexpr std::string_view kTestNames[] = {"test", "testing"};

/// Whether a folder is called like one of `names` or, with kPrefix, also begins with one and an underscore: "train_signs".
enum class SplitName : uint8_t { kWhole, kPrefix };
bool is_split_name(std::string_view folder, std::span<const std::string_view> names, SplitName how);

/// The folder of a split, or "". Throws Error (kBadFile) where there are two.
std::string split_folder(const FileTree& tree, std::span<const std::string_view> names, SplitName how);

/// Throws Error (kBadFile) for a class name that is not UTF-8. where: of the class.
void check_class_name(const std::string& name, const std::string& where);

/// Whether the tree has any of the format's files (perhaps not all of them: opening names those that are missing).
bool is_cifar(const FileTree& tree);
bool is_cifar100(const FileTree& tree);
bool is_idx(const FileTree& tree);
bool is_numbered(const FileTree& tree);
bool has_split_folders(const FileTree& tree);
bool has_class_folders(const FileTree& tree);

/// Sets `found` to the format's name alone.
DataSource open_cifar(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options);
DataSource open_cifar100(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options);
DataSource open_idx(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options);
DataSource open_numbered(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options);
/// train/<class>/… and test|val/<class>/…, or, where there are no such splits, <class>/….
DataSource open_image_folder(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options);
DataSource open_shapes(const OpenOptions& options);

/// Throws Error (kBadFile) where the names of a tree's files, or that of one file, show a data set in a form that is not read:
/// what it is, and what to do. where: of the file, for messages.
void refuse_explained(const FileTree& tree);
void refuse_explained(const std::string& name, const std::string& where);

/// Moves the fraction `val_split` of every class, drawn by `seed`, from `source.train` to `source.validation`.
void split_validation(DataSource& source, double val_split, uint64_t seed);

/// Splits validation images off where val_split is not 0, and completes `source.found` with the numbers of classes and images.
/// name: of the source, for messages. Throws Error (kUsage) where a validation split exists already or there is nothing to split.
void complete(DataSource& source, std::string_view name, double val_split, uint64_t seed);

/// The same images with other names of the classes, by index. Throws Error (kUsage) when their number differs.
void rename_classes(DataSource& source, const std::vector<std::string>& names);

}  // namespace residual::data
