# cmake -D BUILD=... -P find_without_dependencies.cmake: the installed package where libarchive and fmt are not installed.
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)
set(folder ${BUILD}/package/missing)
set(hidden -D CMAKE_DISABLE_FIND_PACKAGE_LibArchive=ON -D CMAKE_DISABLE_FIND_PACKAGE_fmt=ON)

install(static ${folder}/static)
configure(${CMAKE_CURRENT_LIST_DIR}/missing ${folder}/quiet -D CMAKE_PREFIX_PATH=${folder}/static -D HOW=QUIET ${hidden})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/missing -B ${folder}/quiet -D HOW=REQUIRED
                RESULT_VARIABLE result ERROR_VARIABLE message OUTPUT_QUIET)
string(REGEX REPLACE "[ \n]+" " " message "${message}") # CMake breaks lines
if(result EQUAL 0 OR NOT message MATCHES "Debian packages that are not installed: libarchive-dev libfmt-dev")
  message(FATAL_ERROR "find_package(REQUIRED) should fail and name libarchive-dev and libfmt-dev; exit code ${result}:\n${message}")
endif()

install(shared ${folder}/shared)
configure(${CMAKE_CURRENT_LIST_DIR}/missing ${folder}/found -D CMAKE_PREFIX_PATH=${folder}/shared -D HOW=REQUIRED -D EXPECTED=ON ${hidden})
