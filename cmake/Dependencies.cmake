# What we take from the distribution; scripts/setup installs all of it.
find_package(OpenMP REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)

# oneDNN's own package file asks for OpenCL even where its CPU build does not need it, so the library is found by hand.
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.h REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(residual-dnnl INTERFACE)
target_include_directories(residual-dnnl SYSTEM INTERFACE ${DNNL_INCLUDE_DIR})
target_link_libraries(residual-dnnl INTERFACE ${DNNL_LIBRARY})

# Highway: vector kernels compiled for every instruction set and chosen when the program runs.
find_path(HWY_INCLUDE_DIR hwy/highway.h REQUIRED)
find_library(HWY_LIBRARY hwy REQUIRED)
add_library(residual-hwy INTERFACE)
target_include_directories(residual-hwy SYSTEM INTERFACE ${HWY_INCLUDE_DIR})
target_link_libraries(residual-hwy INTERFACE ${HWY_LIBRARY})
