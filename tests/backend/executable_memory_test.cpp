// Where memory may not be both written and executed, convolutions run as plain loops with the same results.
#include "backend/cpu/executable_memory.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "core/rng.h"
#include "models/table.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/targets.h"

namespace residual {
namespace {

// Every mprotect of this process that asks for executable memory fails from here on, as with systemd's MemoryDenyWriteExecute.
bool deny_executable_memory() {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof steps / sizeof *steps, steps};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

std::vector<float> logits(const Target& target) {
  const Graph graph = fold_batch_norm(models::inference_graph({"resnet8", Shape{3, 16, 16}, 10, models::Shortcut::kB}, 2));
  State state = initial_state(graph, 1);
  Session session(compile(graph, target), state);
  Rng rng(3, Purpose::kTest);
  for (float& value : session.input<float>("images")) value = static_cast<float>(rng.normal());
  session.run();
  const std::span<const float> result = session.output<float>("logits");
  return {result.begin(), result.end()};
}

constexpr int kNoFilter = 77;

int code_without_executable_memory() {
  if (!deny_executable_memory()) return kNoFilter;
  if (cpu::may_execute_generated_code()) return 2;
  const std::vector<float> found = logits(support::cpu_target()), expected = logits(support::reference_target());
  for (size_t i = 0; i < found.size(); ++i) {
    if (!(std::abs(found[i] - expected[i]) <= 1e-5f * (1 + std::abs(expected[i])))) return 3;
  }
  return 0;
}

TEST(ExecutableMemory, IsThereInThisProcess) {
  EXPECT_TRUE(cpu::may_execute_generated_code());
}

TEST(ExecutableMemoryDeathTest, WithoutItPlainLoopsGiveTheSameLogits) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fine = [](int status) {
    return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kNoFilter);
  };
  EXPECT_EXIT(std::_Exit(code_without_executable_memory()), fine, "");
}

}  // namespace
}  // namespace residual
