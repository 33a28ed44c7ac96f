// residual devices: where networks can run.
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/terminal/output.h"
#include "core/json_text.h"
#include "residual/device.h"

namespace residual::cli {
namespace {

void print_json(const std::vector<DeviceInfo>& devices) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const DeviceInfo& device : devices) {
    list.push_back({{"name", device.name},
                    {"usable", device.problem.empty()},
                    {"hardware", device.hardware},
                    {"memory", device.memory},
                    {"free_memory", device.free_memory},
                    {"libraries", device.libraries},
                    {"problem", device.problem}});
  }
  print("{}\n", indented(list));
}

std::string memory_text(const DeviceInfo& device) {
  if (device.memory == 0) return {};
  return fmt::format("{}, {} free", bytes_text(static_cast<double>(device.memory)),
                     bytes_text(static_cast<double>(device.free_memory)));
}

void print_table(const std::vector<DeviceInfo>& devices) {
  for (const DeviceInfo& device : devices) {
    std::vector<std::string> parts;
    for (const std::string& part : {device.hardware, memory_text(device), fmt::format("{}", fmt::join(device.libraries, ", "))}) {
      if (!part.empty()) parts.push_back(part);
    }
    if (!device.problem.empty()) parts.push_back("cannot be used: " + device.problem);
    print("{:<8}{}\n", device.name, fmt::format("{}", fmt::join(parts, "; ")));
  }
  print("\nauto is {}.\n", devices.front().name);
}

}  // namespace

Command add_devices(CLI::App& program) {
  CLI::App* command = program.add_subcommand("devices", "List the devices that networks can run on, and why one cannot be used");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "A JSON list instead of a table");
  command->footer("Examples:\n  residual devices\n  residual devices --json");
  return {command, [json] {
            const std::vector<DeviceInfo> all = devices();
            if (*json)
              print_json(all);
            else
              print_table(all);
            return 0;
          }};
}

}  // namespace residual::cli
