# cmake -D CLANG=... -P configure_with_clang.cmake: clang whose own folder of headers, with omp.h in it, is hidden.
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)
set(tree "${BUILD}/package/clang")
file(REMOVE_RECURSE ${tree})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${PROJECT} -B ${tree} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CLANG}
                        -D CMAKE_CXX_FLAGS=-nobuiltininc -D RESIDUAL_TESTS=OFF
                RESULT_VARIABLE result ERROR_VARIABLE message OUTPUT_QUIET)
string(REGEX REPLACE "[ \n]+" " " message "${message}") # CMake breaks lines
if(result EQUAL 0 OR NOT message MATCHES "has no omp.h: install the package libomp-[0-9]+-dev")
  message(FATAL_ERROR "cmake should refuse clang and name the package of its omp.h; exit code ${result}:\n${message}")
endif()
