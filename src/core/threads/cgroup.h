// The processors that control groups grant a process.
#pragma once

#include <optional>
#include <string_view>

namespace residual {

/// The least quota of the process's own group and of all groups above it, in processors (0.5: half of one); none where no group
/// has one. Version 2 (cpu.max) and version 1 (cpu.cfs_quota_us and cpu.cfs_period_us).
/// mounts: as /proc/self/mountinfo. memberships: as /proc/self/cgroup.
std::optional<double> cgroup_quota(std::string_view mounts, std::string_view memberships);

/// Of this process.
std::optional<double> cgroup_quota();

}  // namespace residual
