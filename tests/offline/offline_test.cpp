// Builds without RESIDUAL_FETCH: this program has src/fetch/offline/obtain.cpp in place of the library's `obtain`.
#include <gmock/gmock.h>

#include "core/error.h"
#include "fetch/fetch.h"

namespace residual::fetch {
namespace {

using ::testing::HasSubstr;

std::string refusal_of(const std::string& name) {
  try {
    obtain(entry_named(name), {.folder = "/nonexistent", .mirror = "", .observer = {}, .timeouts = {}});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return {};
}

TEST(Offline, FetchingIsRefusedWithHowToBuildWithIt) {
  const std::string refusal = refusal_of("resnet18");
  EXPECT_THAT(refusal, HasSubstr("'resnet18' cannot be fetched"));
  EXPECT_THAT(refusal, HasSubstr("libcurl4-openssl-dev and libssl-dev"));
  EXPECT_THAT(refusal, HasSubstr("-DRESIDUAL_FETCH=ON"));
}

TEST(Offline, TheRefusalNamesTheAddressOfEveryFile) {
  EXPECT_THAT(refusal_of("resnet18"), HasSubstr("https://download.pytorch.org/models/resnet18-f37072fd.pth"));
  EXPECT_THAT(refusal_of("mnist"), HasSubstr("t10k-labels-idx1-ubyte.gz"));
}

TEST(Offline, WhatCanBeFetchedIsListedAllTheSame) {
  EXPECT_GT(catalogue().size(), 20U);
  EXPECT_FALSE(is_there(entry_named("resnet18"), "/nonexistent"));
}

}  // namespace
}  // namespace residual::fetch
