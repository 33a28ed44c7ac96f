# These tests run the program, and README.md's (which tests/api builds).
if(TARGET residual-program)
  add_dependencies(${test} residual-program)
endif()
if(TARGET example-readme)
  add_dependencies(${test} example-readme)
endif()
target_compile_definitions(${test} PRIVATE RESIDUAL_EXAMPLES="${PROJECT_BINARY_DIR}/examples")
target_sources(${test} PRIVATE ${PROJECT_SOURCE_DIR}/src/cli/terminal/lost_pages.cpp)
