target_sources(${test} PRIVATE cli/program.cpp)
