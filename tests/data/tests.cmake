target_link_libraries(${test} PRIVATE LibArchive::LibArchive)
