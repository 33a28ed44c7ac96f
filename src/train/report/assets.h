// The constant parts of report.html, embedded by module.cmake.
#pragma once

#include <string_view>

namespace residual::train::assets {

extern const std::string_view kPage;     ///< the frame of the page, with {{places}} to fill
extern const std::string_view kStyle;    ///< CSS
extern const std::string_view kScript;   ///< draws the curves
extern const std::string_view kChartJs;  ///< Chart.js, the library that kScript draws with

}  // namespace residual::train::assets
