file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/onednn/*.cpp ${CMAKE_CURRENT_LIST_DIR}/kernels/*.cpp)
target_sources(${room} PRIVATE ${parts})
target_link_libraries(${room} PRIVATE residual-dnnl residual-hwy)
