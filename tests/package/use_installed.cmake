# cmake -D BUILD=... -D KIND=static|shared ... -P use_installed.cmake: find_package and pkg-config, from a prefix with a space in its name.
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)
set(outside ${CMAKE_CURRENT_LIST_DIR}/outside)
set(folder "${BUILD}/package/${KIND} library")
install(${KIND} ${folder}/prefix)

configure(${outside} ${folder}/build -D CMAKE_PREFIX_PATH=${folder}/prefix)
run(${CMAKE_COMMAND} --build ${folder}/build)
run(${folder}/build/outside)

file(GLOB_RECURSE description ${folder}/prefix/residual.pc)
cmake_path(GET description PARENT_PATH pkgconfig)
set(ENV{PKG_CONFIG_PATH} ${pkgconfig})
cmake_path(GET pkgconfig PARENT_PATH libraries)
execute_process(COMMAND pkg-config --cflags --libs residual OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
run(${CXX} -std=c++20 ${outside}/main.cpp -o ${folder}/by-pkg-config ${flags})
set(ENV{LD_LIBRARY_PATH} ${libraries})
run(${folder}/by-pkg-config)

# A program that uses the shared library needs no other library of ours or of the distribution's for images, archives and kernels.
if(KIND STREQUAL "shared")
  execute_process(COMMAND readelf -d ${folder}/by-pkg-config OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
  if(NOT dynamic MATCHES "NEEDED[^\n]*libresidual\\.so\\.[0-9]+\\.[0-9]+\\]" OR dynamic MATCHES "NEEDED[^\n]*lib(dnnl|hwy|archive|png)")
    message(FATAL_ERROR "unexpected libraries in\n${dynamic}")
  endif()
endif()
