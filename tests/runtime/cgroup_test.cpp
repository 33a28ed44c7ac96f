// The processors granted by control groups: the least quota of all groups from the process's own up to the root.
#include "core/threads/cgroup.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/surroundings.h"

namespace residual {
namespace {

// Hierarchies of control groups in a temporary folder.
class Groups {
 public:
  void write(const std::string& file, const std::string& content) {
    std::filesystem::create_directories((folder_ / file).parent_path());
    folder_.write(file, content);
  }
  std::string version2(const std::string& root = "/") const {
    return fmt::format("30 23 0:28 {} {} rw,nosuid shared:4 - cgroup2 cgroup2 rw\n", root, (folder_ / "unified").string());
  }
  std::string version1() const {
    return fmt::format("32 31 0:29 / {} rw,relatime - cgroup cgroup rw,cpu,cpuacct\n", (folder_ / "cpu").string());
  }

 private:
  support::TemporaryFolder folder_;
};

TEST(CgroupQuota, IsTheLeastOfAllGroupsAboveTheProcess) {
  Groups groups;
  groups.write("unified/a/b/c/cpu.max", "max 100000\n");
  groups.write("unified/a/b/cpu.max", "150000 100000\n");
  groups.write("unified/a/cpu.max", "400000 100000\n");
  EXPECT_EQ(cgroup_quota(groups.version2(), "0::/a/b/c\n"), 1.5);
  EXPECT_EQ(cgroup_quota(groups.version2(), "0::/a\n"), 4.0);
  groups.write("unified/cpu.max", "50000 100000\n");  // a container sees its own group as the root
  EXPECT_EQ(cgroup_quota(groups.version2(), "0::/a/b/c\n"), 0.5);
}

TEST(CgroupQuota, IsNoneWhereNoGroupHasOne) {
  Groups groups;
  groups.write("unified/a/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_quota(groups.version2(), "0::/a\n"), std::nullopt);
  EXPECT_EQ(cgroup_quota("", ""), std::nullopt);
  EXPECT_EQ(cgroup_quota("neither a mount\n- nor a group\n", "0\n:\n::\n"), std::nullopt);
}

TEST(CgroupQuota, OfVersion1IsReadFromQuotaAndPeriod) {
  Groups groups;
  groups.write("cpu/a/b/cpu.cfs_quota_us", "-1\n");
  groups.write("cpu/a/b/cpu.cfs_period_us", "100000\n");
  groups.write("cpu/a/cpu.cfs_quota_us", "25000\n");
  groups.write("cpu/a/cpu.cfs_period_us", "50000\n");
  EXPECT_EQ(cgroup_quota(groups.version1(), "9:name=systemd:/x\n4:cpu,cpuacct:/a/b\n0::/\n"), 0.5);
}

TEST(CgroupQuota, OfBothVersionsIsTheLeast) {
  Groups groups;
  groups.write("cpu/a/cpu.cfs_quota_us", "300000\n");
  groups.write("cpu/a/cpu.cfs_period_us", "100000\n");
  groups.write("unified/b/cpu.max", "200000 100000\n");
  EXPECT_EQ(cgroup_quota(groups.version1() + groups.version2(), "4:cpu:/a\n0::/b\n"), 2.0);
}

TEST(CgroupQuota, IsFoundWhereOnlyAPartOfTheHierarchyIsMounted) {
  Groups groups;
  groups.write("unified/cpu.max", "300000 100000\n");
  groups.write("unified/job/cpu.max", "100000 100000\n");
  EXPECT_EQ(cgroup_quota(groups.version2("/docker/1"), "0::/docker/1/job\n"), 1.0);
  EXPECT_EQ(cgroup_quota(groups.version2("/docker/1"), "0::/docker/1\n"), 3.0);
  EXPECT_EQ(cgroup_quota(groups.version2("/docker/1"), "0::/elsewhere\n"), 3.0);
}

}  // namespace
}  // namespace residual
