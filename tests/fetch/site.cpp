#include "site.h"

#include <fcntl.h>
#include <unistd.h>

#include "fetch/online/sha256.h"

namespace residual::fetch {

const std::string& content() {
  static const std::string text = [] {
    std::string result;
    for (int i = 0; result.size() < 200'000; ++i) result += fmt::format("{:x} ", uint64_t{0x9E3779B97F4A7C15} * i);
    result.resize(200'000);
    return result;
  }();
  return text;
}

PublishedFile published(const std::string& text, const std::string& url) {
  const Folder folder;
  folder.write("text", text);
  const int descriptor = ::open((folder.path() / "text").c_str(), O_RDONLY);
  const std::string sha256 = sha256_of(descriptor);
  ::close(descriptor);
  const auto size = static_cast<int64_t>(text.size());
  return {.name = url.substr(url.rfind('/') + 1), .url = url, .sha256 = sha256, .least_bytes = size, .most_bytes = size};
}

ErrorKind kind_of_error(const std::function<void()>& work, std::string* message) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::kOther;
}

}  // namespace residual::fetch
