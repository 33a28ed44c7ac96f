# These tests run the program.
if(TARGET residual-program)
  add_dependencies(${test} residual-program)
endif()
target_sources(${test} PRIVATE ${PROJECT_SOURCE_DIR}/src/cli/process/lost_pages.cpp)
