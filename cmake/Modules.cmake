# A module is a folder of src/ compiled into one object library; all modules are merged into one library, static and shared.
if(RESIDUAL_WARNINGS)
  # The disabled warnings are false positives inside the standard library's headers (g++ 12 at -O3; clang for its deprecations).
  set(residual_warnings -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
      $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-dangling-pointer;-Wno-maybe-uninitialized>
      $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
endif()

# The build switches, as constants for C++. Modules do not include the file, so ccache can share their objects between build trees.
set(has_fetch false)
if(RESIDUAL_FETCH)
  set(has_fetch true)
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/build_switches.h.in ${PROJECT_BINARY_DIR}/generated/build_switches.h @ONLY)

function(compile_like_us target)
  set_target_properties(${target} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON
                                             CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${residual_warnings}>")
  target_link_libraries(${target} PRIVATE residual-openmp Threads::Threads fmt::fmt nlohmann_json::nlohmann_json)
endfunction()

# module(FOLDER [ALONE | EXCEPT SUBFOLDER...]): object library residual-module-FOLDER from all *.cpp below src/FOLDER; with ALONE those of
# the folder itself, while its subfolders are separate modules; subfolders named by EXCEPT are not part of this build. src/FOLDER/module.cmake, if present, adds compile options, libraries and generated sources
# to ${module}. Skipped where RESIDUAL_MODULES selects other modules.
function(module folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALONE" "" "EXCEPT")
  if(RESIDUAL_MODULES AND NOT folder IN_LIST RESIDUAL_MODULES)
    return()
  endif()
  set(glob GLOB_RECURSE)
  if(arg_ALONE)
    set(glob GLOB)
  endif()
  file(${glob} sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
  foreach(other IN LISTS arg_EXCEPT)
    list(FILTER sources EXCLUDE REGEX "/src/${folder}/${other}/")
  endforeach()
  string(REPLACE "/" "-" module residual-module-${folder})
  add_library(${module} OBJECT ${sources})
  compile_like_us(${module})
  include(${PROJECT_SOURCE_DIR}/src/${folder}/module.cmake OPTIONAL)
  set_property(GLOBAL APPEND PROPERTY RESIDUAL_MODULE_FOLDERS ${folder})
  set_property(GLOBAL APPEND PROPERTY RESIDUAL_MODULE_TARGETS ${module})
endfunction()

# embed(MODULE HEADER NAMESPACE [SYMBOL FILE]...): adds a generated source to the module that defines each SYMBOL, which HEADER declares as
# `extern const std::string_view`, as the text of FILE.
function(embed module header namespace)
  set(text "// Generated from files that are embedded, see embed() in cmake/Modules.cmake.\n#include \"${header}\"\n\n#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\nnamespace ${namespace} {\n")
  while(ARGN)
    list(POP_FRONT ARGN symbol file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} content)
    string(APPEND text "const std::string_view ${symbol} = R\"residual~~(${content})residual~~\";\n")
  endwhile()
  string(APPEND text "}  // namespace ${namespace}\n")
  cmake_path(REPLACE_EXTENSION header cpp OUTPUT_VARIABLE source)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${source} CONTENT "@text@" @ONLY)
  target_sources(${module} PRIVATE ${PROJECT_BINARY_DIR}/generated/${source})
endfunction()

# library(NAME): the modules, merged: static as NAME, which the program and the tests link, and shared as NAME-shared.
# BUILD_SHARED_LIBS selects which of them the alias residual::NAME is.
function(library name)
  get_property(modules GLOBAL PROPERTY RESIDUAL_MODULE_TARGETS)
  list(TRANSFORM modules REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  add_library(${name} STATIC ${objects})
  add_library(${name}-shared SHARED EXCLUDE_FROM_ALL ${objects})
  set_target_properties(${name}-shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
                                                  OUTPUT_NAME ${name} EXPORT_NAME ${name})
  target_link_options(${name}-shared PRIVATE LINKER:--no-undefined "$<$<BOOL:${RESIDUAL_CUDA}>:LINKER:--exclude-libs,libcudart_static.a>")
  foreach(target IN ITEMS ${name} ${name}-shared)
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${target} PRIVATE ${residual_targets})
  endforeach()
  if(BUILD_SHARED_LIBS)
    set_target_properties(${name}-shared PROPERTIES EXCLUDE_FROM_ALL FALSE)
    add_library(residual::${name} ALIAS ${name}-shared)
  else()
    add_library(residual::${name} ALIAS ${name})
  endif()
endfunction()

# program(FOLDER): the program `residual` from all *.cpp below src/FOLDER.
function(program folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/src/${folder}/main.cpp OR (RESIDUAL_MODULES AND NOT folder IN_LIST RESIDUAL_MODULES))
    return()
  endif()
  add_executable(residual-program ${sources})
  set_target_properties(residual-program PROPERTIES OUTPUT_NAME residual)
  compile_like_us(residual-program)
  target_include_directories(residual-program PRIVATE ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(residual-program PRIVATE residual CLI11::CLI11)
  include(${PROJECT_SOURCE_DIR}/src/${folder}/module.cmake OPTIONAL)
endfunction()
