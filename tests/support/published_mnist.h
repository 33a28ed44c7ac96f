// MNIST's four archives, byte for byte as their publishers made them.
#pragma once

#include <filesystem>

/// Makes them in `folder` from the same data in another packing; false where those are not there: RESIDUAL_SHARED, or "shared"
/// beside the repository. The originals are what gzip -6 made of files of 1996 and 1998 whose names had a dot where they have a
/// dash now.
bool publish_mnist(const std::filesystem::path& folder);
