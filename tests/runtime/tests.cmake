# Allocations are counted by replacing operator new, which ThreadSanitizer also replaces.
if(RESIDUAL_SANITIZE STREQUAL "thread")
  set_source_files_properties(runtime/allocation_counter.cpp runtime/allocation_test.cpp PROPERTIES HEADER_FILE_ONLY TRUE)
endif()
