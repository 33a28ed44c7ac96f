# What the static library links with; read by our own build and by the installed package.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibArchive REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

# Its own package file asks for the command-line tools too, so the library is found by hand.
find_path(ZIP_INCLUDE_DIR zip.h REQUIRED)
find_library(ZIP_LIBRARY zip REQUIRED)
add_library(residual-zip INTERFACE IMPORTED)
set_target_properties(residual-zip PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${ZIP_INCLUDE_DIR} INTERFACE_LINK_LIBRARIES ${ZIP_LIBRARY})

# OpenMP is always libgomp, the runtime that oneDNN links: two OpenMP runtimes in one process divide the cores wrongly. Clang can only
# compile for its own runtime, so there (fuzzing, ThreadSanitizer, clang-tidy) our parallel loops run on one thread.
add_library(residual-openmp INTERFACE IMPORTED)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  set_property(TARGET residual-openmp PROPERTY INTERFACE_LINK_LIBRARIES OpenMP::OpenMP_CXX)
else()
  execute_process(COMMAND g++ -print-file-name=include OUTPUT_VARIABLE gcc_include OUTPUT_STRIP_TRAILING_WHITESPACE)
  set_target_properties(residual-openmp PROPERTIES INTERFACE_COMPILE_OPTIONS "-Wno-unknown-pragmas;SHELL:-idirafter ${gcc_include}"
                                                   INTERFACE_LINK_LIBRARIES gomp)
endif()

# oneDNN's own package file asks for OpenCL even where its CPU build does not need it, so the library is found by hand.
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.h REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(residual-dnnl INTERFACE IMPORTED)
set_target_properties(residual-dnnl PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR} INTERFACE_LINK_LIBRARIES ${DNNL_LIBRARY})

# Highway: vector kernels compiled for every instruction set and chosen when the program runs.
find_path(HWY_INCLUDE_DIR hwy/highway.h REQUIRED)
find_library(HWY_LIBRARY hwy REQUIRED)
add_library(residual-hwy INTERFACE IMPORTED)
set_target_properties(residual-hwy PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${HWY_INCLUDE_DIR} INTERFACE_LINK_LIBRARIES ${HWY_LIBRARY})
