target_link_libraries(${test} PRIVATE LibArchive::LibArchive)
if(RESIDUAL_SANITIZE MATCHES thread)  # which defines operator new itself
  set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/data/loader_memory_test.cpp PROPERTIES HEADER_FILE_ONLY TRUE)
endif()
