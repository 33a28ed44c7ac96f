// The shared library exports exactly the symbols that public headers mark with RESIDUAL_API.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "layering/symbols.h"
#include "layering/tree.h"

namespace {

// The classes and functions marked in the public headers.
std::set<std::string> public_names() {
  const std::regex marked_class("\\b(?:class|struct) RESIDUAL_API (\\w+)"),
      marked_function("\\bRESIDUAL_API [^;{]*?\\b(\\w+)\\(");
  std::set<std::string> names;
  for (const auto& file : layering::sources("include")) {
    if (file.path.ends_with("/export.h")) continue;  // defines the macro
    for (const std::regex* mark : {&marked_class, &marked_function}) {
      for (std::sregex_iterator match(file.text.begin(), file.text.end(), *mark), end; match != end; ++match)
        names.insert((*match)[1]);
    }
  }
  return names;
}

// "residual::Model" of "residual::Model::save(...) const"; "vtable for residual::Error" counts as residual::Error.
bool belongs_to(const std::string& symbol, const std::set<std::string>& names) {
  const std::regex qualified("(?:^|(?:vtable|typeinfo|typeinfo name|guard variable) for )residual::(\\w+)");
  std::smatch match;
  return std::regex_search(symbol, match, qualified) && names.contains(match[1]);
}

TEST(Exports, EveryExportedSymbolBelongsToThePublicApi) {
  const std::vector<layering::ExportedSymbol> symbols = layering::exported_symbols();
  if (symbols.empty()) GTEST_SKIP() << "this build has no shared library";
  const std::set<std::string> names = public_names();
  for (const auto& symbol : symbols) EXPECT_TRUE(symbol.weak || belongs_to(symbol.name, names)) << symbol.name;
}

TEST(Exports, EveryPublicClassAndFunctionIsExported) {
  const std::vector<layering::ExportedSymbol> symbols = layering::exported_symbols();
  if (symbols.empty()) GTEST_SKIP() << "this build has no shared library";
  for (const std::string& name : public_names())
    EXPECT_TRUE(std::ranges::any_of(symbols, [&](const auto& symbol) { return belongs_to(symbol.name, {name}); })) << name;
}

}  // namespace
