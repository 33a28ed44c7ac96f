// The formats that open_data tries, one function to recognise and one to open each.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "data/files/file_tree.h"

namespace residual::data {

/// Folders of validation images, the likeliest first.
inline constexpr std::array<std::string_view, 3> kValidationFolders{"val", "validation", "valid"};

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

/// Moves the fraction `val_split` of every class, drawn by `seed`, from `source.train` to `source.validation`.
void split_validation(DataSource& source, double val_split, uint64_t seed);

/// Splits validation images off where val_split is not 0, and completes `source.found` with the numbers of classes and images.
/// name: of the source, for messages. Throws Error (kUsage) where a validation split exists already or there is nothing to split.
void complete(DataSource& source, std::string_view name, double val_split, uint64_t seed);

/// The same images with other names of the classes, by index. Throws Error (kUsage) when their number differs.
void rename_classes(DataSource& source, const std::vector<std::string>& names);

}  // namespace residual::data
