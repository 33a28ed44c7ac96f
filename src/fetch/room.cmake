target_link_libraries(${room} PRIVATE CURL::libcurl OpenSSL::Crypto)
