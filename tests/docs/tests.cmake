# These tests read README.md and docs/, run the commands that they show, and README.md's program (which tests/api builds).
if(TARGET residual-program)
  add_dependencies(${test} residual-program)
endif()
if(TARGET example-readme)
  add_dependencies(${test} example-readme)
endif()
target_sources(${test} PRIVATE cli/program.cpp layering/tree.cpp)
target_compile_definitions(${test} PRIVATE RESIDUAL_EXAMPLES="${PROJECT_BINARY_DIR}/examples")
