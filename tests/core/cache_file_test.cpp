// Files of the cache are merged, and ignored with a warning where they cannot be used.
#include "core/system/cache_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log.h"
#include "support/surroundings.h"

namespace residual {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

class CacheFiles : public testing::Test {
 protected:
  CacheFiles() {
    set_log_sink([this](LogLevel, std::string_view message) { warnings_ += message; });
  }
  ~CacheFiles() override { set_log_sink({}); }
  CacheFile file(const std::string& name = "kept.json") const { return {folder_ / name, "cache of tests", "they start anew"}; }

  const support::TemporaryFolder folder_;
  std::string warnings_;
};

TEST_F(CacheFiles, KeepWhatOthersHaveAdded) {
  EXPECT_EQ(read_cache(file()), Json::object());
  extend_cache(file(), {{"a", {{"x", 1}}}});
  extend_cache(file(), {{"a", {{"y", 2}}}, {"b", "text"}});
  extend_cache(file(), {{"a", {{"x", 3}}}});
  EXPECT_EQ(read_cache(file()), Json({{"a", {{"x", 3}, {"y", 2}}}, {"b", "text"}}));
  EXPECT_EQ(folder_.files(), 1U);
  EXPECT_EQ(warnings_, "");
}

TEST_F(CacheFiles, ThatAreDamagedOrForeignAreReplaced) {
  for (const char* content : {"{\"a\":", "[1, 2]", "\"text\"", "", "\xff\xfe", "{\"a\": 1} more"}) {
    warnings_.clear();
    folder_.write("kept.json", content);
    EXPECT_EQ(read_cache(file()), Json::object()) << content;
    EXPECT_THAT(warnings_, HasSubstr("they start anew")) << content;
    extend_cache(file(), {{"a", 1}});
    EXPECT_EQ(read_cache(file()), Json({{"a", 1}})) << content;
  }
}

TEST_F(CacheFiles, ThatCannotBeWrittenAreAWarning) {
  folder_.write("in_the_way", "a file where a folder is wanted");
  extend_cache(file("in_the_way/kept.json"), {{"a", 1}});
  EXPECT_THAT(warnings_, HasSubstr("the cache of tests cannot be kept"));
  warnings_.clear();
  extend_cache({{}, "cache of tests", ""}, {{"a", 1}});
  EXPECT_EQ(warnings_, "") << "no file is wanted";
}

}  // namespace
}  // namespace residual
