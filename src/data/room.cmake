target_link_libraries(${room} PRIVATE JPEG::JPEG PNG::PNG ZLIB::ZLIB)
