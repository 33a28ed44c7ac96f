target_link_libraries(${module} PRIVATE ZLIB::ZLIB residual-zip)
