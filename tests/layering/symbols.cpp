#include "layering/symbols.h"

#include <cxxabi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace layering {
namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::string output;
  std::array<char, 1 << 16> block;
  for (size_t got = 0; (got = std::fread(block.data(), 1, block.size(), pipe.get())) > 0;) output.append(block.data(), got);
  return output;
}

std::string quoted(const std::string& path) {
  return "'" + path + "'";
}

// nm -P: one line "NAME TYPE [VALUE SIZE]" per symbol, after a line with the object file's name and a colon.
void read_symbols(const std::string& listing, ModuleSymbols& module) {
  std::istringstream lines(listing);
  std::string object;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(':')) {
      object = line.substr(0, line.size() - 1);
      continue;
    }
    std::istringstream words(line);
    std::string symbol, type;
    words >> symbol >> type;
    if (std::string_view("Uwv").find(type) != std::string_view::npos) {
      module.undefined.emplace(symbol, object);
    } else if (std::string_view("tbdr").find(type) == std::string_view::npos) {  // not local to the file
      module.defined.insert(symbol);
    }
  }
  std::erase_if(module.undefined, [&](const auto& symbol) { return module.defined.contains(symbol.first); });
}

}  // namespace

std::vector<ModuleSymbols> module_symbols() {
  std::ifstream list(RESIDUAL_MODULE_OBJECTS);  // one line per module: its folder, then its object files, separated by tabs
  std::vector<ModuleSymbols> modules;
  for (std::string line; std::getline(list, line);) {
    std::istringstream fields(line);
    ModuleSymbols module;
    std::getline(fields, module.name, '\t');
    std::string command = quoted(RESIDUAL_NM) + " -P";
    for (std::string object; std::getline(fields, object, '\t');) command += " " + quoted(object);
    read_symbols(output_of(command + " /dev/null 2>/dev/null"), module);
    modules.push_back(std::move(module));
  }
  return modules;
}

std::vector<ExportedSymbol> exported_symbols() {
  std::vector<ExportedSymbol> symbols;
  const std::string library = RESIDUAL_SHARED_LIBRARY;
  if (library.empty()) return symbols;
  std::istringstream lines(output_of(quoted(RESIDUAL_NM) + " -D -P --defined-only " + quoted(library)));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string symbol, type;
    words >> symbol >> type;
    symbols.push_back({demangled(symbol), std::string_view("WVu").find(type) != std::string_view::npos});
  }
  return symbols;
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : symbol;
}

}  // namespace layering
