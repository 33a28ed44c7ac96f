target_link_libraries(${module} PRIVATE JPEG::JPEG PNG::PNG residual-webp residual-webpdemux residual-gif TIFF::TIFF)
# Decoded, resized and drawn images are the same on every processor.
target_compile_options(${module} PRIVATE -ffp-contract=off)
