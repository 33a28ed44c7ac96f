// A folder to fetch into and files to publish.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>

#include "core/error.h"
#include "fetch/online/download.h"
#include "support/http_server.h"
#include "support/surroundings.h"

namespace residual::fetch {

namespace fs = std::filesystem;

using Folder = support::TemporaryFolder;

/// 200,000 bytes of which no two stretches are alike.
const std::string& content();

/// `text` as its publishers describe it.
PublishedFile published(const std::string& text, const std::string& url);

/// The kind of Error that the work throws, with its message in `message`; a failure when it throws none.
ErrorKind kind_of_error(const std::function<void()>& work, std::string* message = nullptr);

}  // namespace residual::fetch
