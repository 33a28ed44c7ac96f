# cmake --install: the program, the public headers and the library, with find_package(residual CONFIG), which defines residual::residual, and
# with residual.pc for pkg-config. BUILD_SHARED_LIBS selects the kind of library; cmake --install . --component static or shared
# installs the other. The target `deb` makes a Debian package.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/residual)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(package_made ${PROJECT_BINARY_DIR}/package-files)

if(TARGET residual-program)
  install(TARGETS residual-program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  # The man page and the shells' completions are what the program prints about itself; they are left out where it cannot run, as in cross builds.
  foreach(page IN ITEMS "man;${CMAKE_INSTALL_MANDIR}/man1/residual.1"
                        "completion bash;${CMAKE_INSTALL_DATADIR}/bash-completion/completions/residual"
                        "completion zsh;${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions/_residual"
                        "completion fish;${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d/residual.fish")
    list(GET page 0 arguments)
    list(GET page 1 file)
    install(CODE "set(program ${CMAKE_CROSSCOMPILING_EMULATOR} [[$<TARGET_FILE:residual-program>]])
set(arguments [[${arguments}]])
set(file [[${file}]])
set(made_in [[${package_made}]])
include([[${PROJECT_SOURCE_DIR}/cmake/install_output.cmake]])" COMPONENT program)
  endforeach()
endif()
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT docs)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT docs)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/residual DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT headers
        FILES_MATCHING PATTERN "*.h")

# install_library(KIND TARGET LINK_FLAGS): installs the static or the shared library. LINK_FLAGS: further flags for its users.
function(install_library kind target link_flags)
  set(component COMPONENT ${kind})
  if(NOT kind STREQUAL chosen_kind)
    list(APPEND component EXCLUDE_FROM_ALL)
  endif()
  install(TARGETS ${target} EXPORT residual-${kind} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ${component}
                                                    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} ${component})
  install(EXPORT residual-${kind} NAMESPACE residual:: FILE residual-${kind}.cmake DESTINATION ${package_dir} ${component})

  set(made ${package_made}/${kind})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/residual-config.cmake.in ${made}/residual-config.cmake
                                INSTALL_DESTINATION ${package_dir})
  write_basic_package_version_file(${made}/residual-config-version.cmake COMPATIBILITY SameMinorVersion)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE libdir)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE includedir)
  string(REGEX REPLACE "[^/]+" ".." up ${libdir}/pkgconfig)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/residual.pc.in ${made}/residual.pc @ONLY)
  install(FILES ${made}/residual-config.cmake ${made}/residual-config-version.cmake DESTINATION ${package_dir} ${component})
  install(FILES ${made}/residual.pc DESTINATION ${pkgconfig_dir} ${component})
  if(kind STREQUAL static)
    install(FILES ${PROJECT_SOURCE_DIR}/cmake/residual-dependencies.cmake DESTINATION ${package_dir} ${component})
  endif()
endfunction()

set(chosen_kind static)
if(BUILD_SHARED_LIBS)
  set(chosen_kind shared)
endif()
list(JOIN residual_flags " " static_flags)
install_library(static residual "${static_flags}")
install_library(shared residual-shared "")
if(TARGET residual-program)
  include(DebianPackage)
endif()
