target_link_libraries(${room} PRIVATE ZLIB::ZLIB residual-zip)
