if(RESIDUAL_FETCH)
  target_link_libraries(${module} PRIVATE CURL::libcurl OpenSSL::Crypto)
endif()
