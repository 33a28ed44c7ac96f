# The backend's own headers name types of CUDA.
target_include_directories(${test} SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})

# Our kernels compiled for the host (tests/cuda_kernels/): the linker takes these in place of the library's.
file(GLOB_RECURSE kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/kernels/*.cu)
set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-xc++;-include;cuda_kernels/emulation/cuda.h")
target_sources(${test} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/cuda_kernels/emulation/threads.cpp ${kernels})

# cuDNN makes plans for a GPU that is described as data, and loads a driver all the same.
add_library(driver-without-gpus SHARED ${CMAKE_CURRENT_SOURCE_DIR}/cuda/driver/driver_without_gpus.cpp)
set_target_properties(driver-without-gpus PROPERTIES OUTPUT_NAME cuda VERSION 1 SOVERSION 1
                                                     LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/driver-without-gpus)
add_dependencies(${test} driver-without-gpus)
target_compile_definitions(${test} PRIVATE RESIDUAL_FAKE_DRIVER="$<TARGET_SONAME_FILE:driver-without-gpus>" RESIDUAL_CUDNN_FOLDER="${CUDNN_ROOT}/lib")
