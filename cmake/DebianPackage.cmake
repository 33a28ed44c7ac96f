# The target `deb`: residual_VERSION_ARCHITECTURE.deb with the program, the shared library, the headers and the documents. Its dependencies are
# what dpkg-shlibdeps finds in the binaries.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME residual)
set(CPACK_PACKAGE_CONTACT "The residual contributors")
set(CPACK_COMPONENTS_ALL program shared headers docs)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_NAME residual)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, gnuplot-nox, fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++, cmake, pkg-config")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "residual networks: train, evaluate and use image classifiers")
set(CPACK_PACKAGE_DESCRIPTION "The program trains, evaluates, converts and runs the image classifiers of He, Zhang, Ren and Sun (2015) and related
families on the CPU, and reads and writes PyTorch's, safetensors and ONNX files. The library does the same from C++.")
include(CPack)

add_custom_target(deb COMMAND ${CMAKE_CPACK_COMMAND} -G DEB -B ${PROJECT_BINARY_DIR}/deb VERBATIM)
add_dependencies(deb residual-program residual-shared)
