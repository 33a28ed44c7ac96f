// The symbols of the compiled modules, as listed by nm.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace layering {

struct ModuleSymbols {
  std::string name;               ///< "backend/cpu"
  std::set<std::string> defined;  ///< mangled, weak ones included
  std::map<std::string, std::string>
      undefined;  ///< mangled, with the first object file that needs it; defined in none of the module's files
};

/// Every module of this build, including that of the program.
std::vector<ModuleSymbols> module_symbols();

struct ExportedSymbol {
  std::string name;  ///< demangled
  bool weak;         ///< of an inline function or a template, which users of the headers also define
};

/// The symbols that the shared library exports. Empty where this build has no shared library.
std::vector<ExportedSymbol> exported_symbols();

std::string demangled(const std::string& symbol);

}  // namespace layering
