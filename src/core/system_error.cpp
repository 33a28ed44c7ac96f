#include "core/system_error.h"

#include <algorithm>

namespace residual {

ErrorKind kind_of(const std::error_code& error, ErrorKind otherwise) noexcept {
  constexpr std::errc kLacking[] = {std::errc::not_enough_memory, std::errc::resource_unavailable_try_again,
                                    std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
                                    std::errc::no_space_on_device};
  return std::ranges::any_of(kLacking, [&](std::errc lack) { return error == lack; }) ? ErrorKind::kResource : otherwise;
}

ErrorKind kind_of(int error, ErrorKind otherwise) noexcept {
  return kind_of(std::error_code(error, std::generic_category()), otherwise);
}

}  // namespace residual
