# report.html must work offline, so its parts are embedded in the library.
find_file(RESIDUAL_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js REQUIRED DOC "Chart.js 3 (package libjs-chart.js)")
embed(${module} train/report/assets.h residual::train::assets
      kPage ${CMAKE_CURRENT_LIST_DIR}/report/page.html
      kStyle ${CMAKE_CURRENT_LIST_DIR}/report/style.css
      kScript ${CMAKE_CURRENT_LIST_DIR}/report/charts.js
      kChartJs ${RESIDUAL_CHART_JS})
