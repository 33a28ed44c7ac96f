#include "fetch/online/sha256.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "core/error.h"

namespace residual::fetch {
namespace {

[[noreturn]] void no_digest() {
  fail(ErrorKind::kOther, "this system's OpenSSL computes no SHA-256");
}

}  // namespace

std::string sha256_of(int descriptor) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) no_digest();
  std::vector<unsigned char> block(size_t{1} << 18);
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(descriptor, block.data(), block.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(ErrorKind::kBadFile, "cannot read back what was fetched: {}", std::strerror(errno));
    if (got == 0) break;
    if (EVP_DigestUpdate(context.get(), block.data(), static_cast<size_t>(got)) != 1) no_digest();
    at += got;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) no_digest();
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace residual::fetch
