target_link_libraries(${room} PRIVATE JPEG::JPEG PNG::PNG ZLIB::ZLIB LibArchive::LibArchive)
# The built-in pictures and the resized ones are the same on every processor.
target_compile_options(${room} PRIVATE -ffp-contract=off)
