// LICENSE, NOTICE, CITATION.cff and INSTALL.md agree with the build.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "docs/pages.h"
#include "layering/tree.h"

namespace {

using testing::HasSubstr;

TEST(DocsPackages, NoticeNamesEveryLibraryThatIsLinkedOrCompiledIn) {
  const std::string notice = layering::read("NOTICE").text;
  const std::regex package("\\b(lib[a-z0-9.+-]+-dev|[a-z0-9]+-json3-dev|zlib1g-dev|libjs-[a-z.]+)\\b");
  size_t found = 0;
  for (const char* file : {"cmake/residual-dependencies.cmake", "cmake/Dependencies.cmake"}) {
    const std::string text = layering::read(file).text;
    for (std::sregex_iterator match(text.begin(), text.end(), package), end; match != end; ++match) {
      const std::string name = match->str();
      if (name.starts_with("libgtest") || name.starts_with("libgmock") || name.starts_with("libomp")) continue;
      EXPECT_THAT(notice, HasSubstr(" " + name + " ")) << file;
      ++found;
    }
  }
  EXPECT_GE(found, 12U);
}

TEST(DocsPackages, TheVersionIsTheSameEverywhere) {
  const std::string build = layering::read("CMakeLists.txt").text;
  std::smatch version;
  ASSERT_TRUE(std::regex_search(build, version, std::regex("VERSION ([0-9]+\\.[0-9]+\\.[0-9]+) ")));
  EXPECT_THAT(layering::read("CITATION.cff").text, HasSubstr("\nversion: " + version[1].str() + "\n"));
  EXPECT_THAT(layering::read("docs/INSTALL.md").text, HasSubstr("residual_" + version[1].str() + "_amd64.deb"));
}

TEST(DocsPackages, TheLicenseIsApache) {
  EXPECT_THAT(layering::read("LICENSE").text, HasSubstr("Apache License\n                           Version 2.0"));
  EXPECT_THAT(layering::read("CITATION.cff").text, HasSubstr("license: Apache-2.0"));
}

// The container installs what the build needs and copies what it builds.
TEST(DocsPackages, TheDockerfileUsesTheBuildAsItIs) {
  const std::string file = layering::read("Dockerfile").text, makefile = layering::read("Makefile").text;
  EXPECT_THAT(file, HasSubstr("RUN make deb\n"));
  EXPECT_THAT(makefile, HasSubstr("\ndeb: "));
  EXPECT_THAT(file, HasSubstr("COPY --from=build /source/build/deb/*.deb"));
  EXPECT_THAT(layering::read("cmake/DebianPackage.cmake").text, HasSubstr("-B ${PROJECT_BINARY_DIR}/deb"));
}

}  // namespace
