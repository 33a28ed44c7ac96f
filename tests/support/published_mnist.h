// MNIST's four archives, byte for byte as published.
#pragma once

#include <filesystem>

/// Creates them in `folder` from the same data compressed differently; false where these are missing in RESIDUAL_SHARED, or
/// "shared" beside the repository. The originals are output of gzip -6 for files of 1996 and 1998 whose names contained a dot in
/// place of today's dash.
bool publish_mnist(const std::filesystem::path& folder);
