target_link_libraries(${module} PRIVATE ZLIB::ZLIB LibArchive::LibArchive)
# The built-in images and preprocessed tensors are the same on every processor.
target_compile_options(${module} PRIVATE -ffp-contract=off)
