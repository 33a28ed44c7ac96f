# The kernels (*.cu) and the headers of CUDA, cuDNN and cudnn-frontend, of builds with RESIDUAL_CUDA.
if(RESIDUAL_CUDA)
  file(GLOB_RECURSE kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/kernels/*.cu)
  target_sources(${module} PRIVATE ${kernels})
  set_target_properties(${module} PROPERTIES CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON CUDA_EXTENSIONS OFF CUDA_VISIBILITY_PRESET hidden)
  target_compile_options(${module} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-Xcompiler=-Wall,-Wextra>")
  target_include_directories(${module} SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS} ${CUDNN_INCLUDE_DIR} ${CUDNN_FRONTEND_INCLUDE_DIR})
  # cuDNN's functions are looked up in the library that cudnn/library.cpp opens.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/backend/cuda/cudnn/convolution_graph.cpp
                              PROPERTIES COMPILE_DEFINITIONS "NV_CUDNN_FRONTEND_USE_DYNAMIC_LOADING;CUDNN_FRONTEND_SKIP_JSON_LIB")
endif()
