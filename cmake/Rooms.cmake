# A room is a folder of src/ compiled into one object library; all of them make the one installed library.
set(RESIDUAL_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)

function(compile_like_us target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/generated)
  target_compile_options(${target} PRIVATE ${RESIDUAL_WARNINGS})
  target_link_libraries(${target} PRIVATE OpenMP::OpenMP_CXX Threads::Threads fmt::fmt nlohmann_json::nlohmann_json)
  if(RESIDUAL_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${RESIDUAL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${RESIDUAL_SANITIZE})
  endif()
endfunction()

function(room_sources target folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  target_sources(${target} PRIVATE ${sources})
  compile_like_us(${target})
endfunction()

# room(NAME): object library residual-NAME from src/NAME/*.cpp; src/NAME/room.cmake, where there is one, adds what is special to it.
function(room folder)
  string(REPLACE "/" "-" name residual-room-${folder})
  add_library(${name} OBJECT)
  room_sources(${name} ${folder})
  set_property(GLOBAL APPEND PROPERTY RESIDUAL_ROOMS ${name})
  set(room ${name})
  include(${CMAKE_SOURCE_DIR}/src/${folder}/room.cmake OPTIONAL)
endfunction()

# library(NAME): the rooms, merged.
function(library name)
  get_property(rooms GLOBAL PROPERTY RESIDUAL_ROOMS)
  add_library(${name} STATIC)
  foreach(room IN LISTS rooms)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${room}>)
  endforeach()
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PRIVATE residual-dnnl residual-hwy JPEG::JPEG PNG::PNG ZLIB::ZLIB OpenMP::OpenMP_CXX
                        Threads::Threads fmt::fmt nlohmann_json::nlohmann_json)
  add_library(residual::${name} ALIAS ${name})
endfunction()
