# A room is a folder of src/ compiled into one object library; all of them make the one installed library.
# What is switched off gives false alarms inside the standard library's own headers (g++ 12 at -O3; clang for its deprecations).
set(RESIDUAL_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-dangling-pointer;-Wno-maybe-uninitialized>
    $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

function(compile_like_us target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/generated)
  target_compile_options(${target} PRIVATE ${RESIDUAL_WARNINGS})
  target_link_libraries(${target} PRIVATE residual-openmp Threads::Threads fmt::fmt nlohmann_json::nlohmann_json)
endfunction()

# room(FOLDER): object library residual-room-FOLDER from src/FOLDER/*.cpp; src/FOLDER/room.cmake, where there is one, adds to ${room} what
# is special to it. Left out where RESIDUAL_ROOMS names other rooms only, or where the folder has no sources.
function(room folder)
  if(RESIDUAL_ROOMS AND NOT folder IN_LIST RESIDUAL_ROOMS)
    return()
  endif()
  file(GLOB_RECURSE anything CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  if(NOT anything)
    return()
  endif()
  string(REPLACE "/" "-" room residual-room-${folder})
  add_library(${room} OBJECT ${sources})
  compile_like_us(${room})
  include(${CMAKE_SOURCE_DIR}/src/${folder}/room.cmake OPTIONAL)
  get_target_property(sources ${room} SOURCES)
  if(sources)
    set_property(GLOBAL APPEND PROPERTY RESIDUAL_ROOM_TARGETS ${room})
  endif()
endfunction()

# library(NAME): the rooms, merged.
function(library name)
  get_property(rooms GLOBAL PROPERTY RESIDUAL_ROOM_TARGETS)
  add_library(${name} STATIC)
  foreach(room IN LISTS rooms)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${room}>)
  endforeach()
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PRIVATE residual-dnnl residual-hwy residual-openmp JPEG::JPEG PNG::PNG ZLIB::ZLIB LibArchive::LibArchive residual-zip CURL::libcurl OpenSSL::Crypto Threads::Threads fmt::fmt)
  add_library(residual::${name} ALIAS ${name})
endfunction()

# program(FOLDER): the program `residual` from src/FOLDER/*.cpp.
function(program folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/src/${folder}/main.cpp OR (RESIDUAL_ROOMS AND NOT folder IN_LIST RESIDUAL_ROOMS))
    return()
  endif()
  add_executable(residual-program ${sources})
  set_target_properties(residual-program PROPERTIES OUTPUT_NAME residual)
  compile_like_us(residual-program)
  target_link_libraries(residual-program PRIVATE residual CLI11::CLI11)
  include(${CMAKE_SOURCE_DIR}/src/${folder}/room.cmake OPTIONAL)
endfunction()
