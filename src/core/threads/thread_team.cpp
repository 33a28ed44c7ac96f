#include "core/threads/thread_team.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace residual {

void for_each_part(int64_t count, int64_t parts, const std::function<void(int64_t part, int64_t begin, int64_t end)>& work) {
  parts = std::max<int64_t>(parts, 1);
  std::vector<std::exception_ptr> errors(static_cast<size_t>(parts));
  const auto run = [&](int64_t part) noexcept {
    try {
      work(part, count * part / parts, count * (part + 1) / parts);
    } catch (...) {
      errors[static_cast<size_t>(part)] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> team;
    int64_t next = 1;
    try {
      for (; next < parts; ++next) team.emplace_back(run, next);
    } catch (const std::exception&) {  // the system has no thread, or no memory, for this one
    }
    run(0);
    for (; next < parts; ++next) run(next);
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace residual
