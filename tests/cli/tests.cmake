# These tests run the program, and README.md's (which tests/api builds).
if(TARGET residual-program)
  add_dependencies(${test} residual-program)
endif()
if(TARGET example-readme)
  add_dependencies(${test} example-readme)
endif()
target_compile_definitions(${test} PRIVATE RESIDUAL_EXAMPLES="${CMAKE_BINARY_DIR}/examples")
