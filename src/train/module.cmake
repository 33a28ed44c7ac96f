# report.html must work offline, so its parts are embedded in the library: each file becomes a string in a generated source.
find_file(RESIDUAL_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js REQUIRED DOC "Chart.js 3 (package libjs-chart.js)")

set(report_assets "// Generated from src/train/report/ and Chart.js; see src/train/module.cmake.\n#include \"train/report/report_assets.h\"\n\n"
                  "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\nnamespace residual::train::assets {\n")
string(JOIN "" report_assets ${report_assets})
foreach(part IN ITEMS "kPage;${CMAKE_CURRENT_LIST_DIR}/report/page.html" "kStyle;${CMAKE_CURRENT_LIST_DIR}/report/style.css"
                      "kScript;${CMAKE_CURRENT_LIST_DIR}/report/charts.js" "kChartJs;${RESIDUAL_CHART_JS}")
  list(GET part 0 symbol)
  list(GET part 1 file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  string(APPEND report_assets "const std::string_view ${symbol} = R\"residual~~(${text})residual~~\";\n")
endforeach()
string(APPEND report_assets "}  // namespace residual::train::assets\n")
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/train/report/report_assets.cpp CONTENT "@report_assets@" @ONLY)
target_sources(${module} PRIVATE ${PROJECT_BINARY_DIR}/generated/train/report/report_assets.cpp)
