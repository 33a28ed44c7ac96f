target_link_libraries(${module} PRIVATE residual-dnnl residual-hwy)
