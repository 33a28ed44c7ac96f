# A module is a folder of src/ compiled into one object library; all of them make the one installed library.
# What is switched off gives false alarms inside the standard library's own headers (g++ 12 at -O3; clang for its deprecations).
set(RESIDUAL_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-dangling-pointer;-Wno-maybe-uninitialized>
    $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

function(compile_like_us target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/generated)
  target_compile_options(${target} PRIVATE ${RESIDUAL_WARNINGS})
  target_link_libraries(${target} PRIVATE residual-openmp Threads::Threads fmt::fmt nlohmann_json::nlohmann_json)
endfunction()

# module(FOLDER [EXCEPT SUBFOLDER...]): object library residual-module-FOLDER from all *.cpp below src/FOLDER; subfolders named by EXCEPT
# are modules of their own. src/FOLDER/module.cmake, if present, adds compile options, libraries and generated sources to ${module}.
# Skipped where RESIDUAL_MODULES selects other modules.
function(module folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EXCEPT")
  if(RESIDUAL_MODULES AND NOT folder IN_LIST RESIDUAL_MODULES)
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  foreach(other IN LISTS arg_EXCEPT)
    list(FILTER sources EXCLUDE REGEX "/src/${folder}/${other}/")
  endforeach()
  string(REPLACE "/" "-" module residual-module-${folder})
  add_library(${module} OBJECT ${sources})
  compile_like_us(${module})
  include(${CMAKE_SOURCE_DIR}/src/${folder}/module.cmake OPTIONAL)
  set_property(GLOBAL APPEND PROPERTY RESIDUAL_MODULE_TARGETS ${module})
endfunction()

# library(NAME): the modules, merged.
function(library name)
  get_property(modules GLOBAL PROPERTY RESIDUAL_MODULE_TARGETS)
  add_library(${name} STATIC)
  foreach(module IN LISTS modules)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${module}>)
  endforeach()
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PRIVATE residual-dnnl residual-hwy residual-openmp JPEG::JPEG PNG::PNG ZLIB::ZLIB LibArchive::LibArchive residual-zip CURL::libcurl OpenSSL::Crypto Threads::Threads fmt::fmt)
  add_library(residual::${name} ALIAS ${name})
endfunction()

# program(FOLDER): the program `residual` from all *.cpp below src/FOLDER.
function(program folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/src/${folder}/main.cpp OR (RESIDUAL_MODULES AND NOT folder IN_LIST RESIDUAL_MODULES))
    return()
  endif()
  add_executable(residual-program ${sources})
  set_target_properties(residual-program PROPERTIES OUTPUT_NAME residual)
  compile_like_us(residual-program)
  target_link_libraries(residual-program PRIVATE residual CLI11::CLI11)
  include(${CMAKE_SOURCE_DIR}/src/${folder}/module.cmake OPTIONAL)
endfunction()
