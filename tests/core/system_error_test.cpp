#include "core/system/system_error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace residual {
namespace {

TEST(SystemError, WhatTheSystemLacksIsAResourceAndAllElseWhatTheCallerSays) {
  for (const int lack : {ENOMEM, EAGAIN, EMFILE, ENFILE, ENOSPC})
    EXPECT_EQ(kind_of(lack, ErrorKind::kBadFile), ErrorKind::kResource);
  for (const int other : {ENOENT, EACCES, EIO, EISDIR}) EXPECT_EQ(kind_of(other, ErrorKind::kBadFile), ErrorKind::kBadFile);
  const std::error_code from_a_library(EMFILE, std::system_category());
  EXPECT_EQ(kind_of(from_a_library, ErrorKind::kOther), ErrorKind::kResource);
}

}  // namespace
}  // namespace residual
