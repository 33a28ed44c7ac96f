# cmake --install: the program, the library, the public headers and find_package(residual CONFIG) with residual::residual.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/residual)

install(TARGETS residual EXPORT residual-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET residual-program)
  install(TARGETS residual-program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/residual DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT residual-targets NAMESPACE residual:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/residual-config.cmake.in ${CMAKE_BINARY_DIR}/residual-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/residual-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/residual-config.cmake ${CMAKE_BINARY_DIR}/residual-config-version.cmake
              ${CMAKE_SOURCE_DIR}/cmake/residual-dependencies.cmake DESTINATION ${package_dir})
