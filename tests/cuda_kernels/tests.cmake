# The kernels' own sources, compiled for the host behind an emulation of CUDA's execution model: no nvcc is needed. They do the work, so
# they are optimized even where the tests' own code is not.
file(GLOB_RECURSE kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/kernels/*.cu)
set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-O1;-xc++;-include;cuda_kernels/emulation/cuda.h")
set(emulation ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/emulation/threads.cpp)
set_source_files_properties(${emulation} PROPERTIES COMPILE_OPTIONS -O1)
target_sources(${test} PRIVATE ${emulation} ${kernels})

# ThreadSanitizer does not follow fibers that change stacks by longjmp, and there is one thread only.
if(RESIDUAL_SANITIZE STREQUAL "thread")
  set(sources "")
endif()
