if(RESIDUAL_FETCH)
  target_sources(${test} PRIVATE ${PROJECT_SOURCE_DIR}/src/fetch/offline/obtain.cpp)
endif()
