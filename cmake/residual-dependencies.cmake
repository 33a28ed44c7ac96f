# The dependencies of the static library and their Debian packages; included by our build and by the installed package. Missing ones are
# not fatal. Results:
#   residual_targets   the CMake targets to link with
#   residual_flags     the same as linker flags, for pkg-config
#   residual_missing   Debian packages that are not installed
set(residual_targets "")
set(residual_flags "")
set(residual_missing "")

# residual_package(TARGET FLAG DEBIAN_PACKAGE NAME [ARGUMENTS of find_package...])
macro(residual_package target flag debian name)
  find_package(${name} QUIET ${ARGN})
  residual_dependency(${target} ${flag} ${debian} ${name}_FOUND)
endmacro()

# residual_library(TARGET FLAG DEBIAN_PACKAGE HEADER): for libraries whose package file is missing or requires more than is needed
# (oneDNN's for OpenCL, libzip's for its command-line tools).
macro(residual_library target flag debian header)
  string(SUBSTRING ${flag} 2 -1 residual_name)
  find_path(${target}_INCLUDE_DIR ${header})
  find_library(${target}_LIBRARY ${residual_name})
  mark_as_advanced(${target}_INCLUDE_DIR ${target}_LIBRARY)
  set(${target}_FOUND FALSE)
  if(${target}_INCLUDE_DIR AND ${target}_LIBRARY)
    set(${target}_FOUND TRUE)
    if(NOT TARGET ${target})
      add_library(${target} INTERFACE IMPORTED)
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${${target}_INCLUDE_DIR}"
                                                 INTERFACE_LINK_LIBRARIES "${${target}_LIBRARY}")
    endif()
  endif()
  residual_dependency(${target} ${flag} ${debian} ${target}_FOUND)
endmacro()

macro(residual_dependency target flag debian found)
  list(APPEND residual_targets ${target})
  list(APPEND residual_flags ${flag})
  residual_need(${found} ${debian})
endmacro()

# residual_need(FOUND DEBIAN_PACKAGE): lists the package as missing where the variable FOUND is false.
macro(residual_need found debian)
  if(NOT ${found})
    list(APPEND residual_missing ${debian})
  endif()
endmacro()

residual_library(residual-dnnl -ldnnl libdnnl-dev oneapi/dnnl/dnnl.h)
residual_library(residual-hwy -lhwy libhwy-dev hwy/highway.h)
residual_package(JPEG::JPEG -ljpeg libjpeg62-turbo-dev JPEG)
residual_package(PNG::PNG -lpng libpng-dev PNG)
residual_library(residual-webp -lwebp libwebp-dev webp/decode.h)
residual_library(residual-webpdemux -lwebpdemux libwebp-dev webp/demux.h)
residual_library(residual-gif -lgif libgif-dev gif_lib.h)
residual_package(TIFF::TIFF -ltiff libtiff-dev TIFF)
residual_package(ZLIB::ZLIB -lz zlib1g-dev ZLIB)
residual_package(LibArchive::LibArchive -larchive libarchive-dev LibArchive)
residual_library(residual-utf8proc -lutf8proc libutf8proc-dev utf8proc.h)
residual_library(residual-zip -lzip libzip-dev zip.h)
if(RESIDUAL_FETCH)
  residual_package(CURL::libcurl -lcurl libcurl4-openssl-dev CURL)
  residual_package(OpenSSL::Crypto -lcrypto libssl-dev OpenSSL COMPONENTS Crypto)
endif()
if(RESIDUAL_CUDA)
  residual_package(CUDA::cudart_static -lcudart_static cuda-cudart-dev CUDAToolkit)
  list(APPEND residual_targets ${CMAKE_DL_LIBS})
  list(APPEND residual_flags -ldl -lrt)
endif()
residual_package(Threads::Threads -pthread libc6-dev Threads)
residual_package(fmt::fmt -lfmt libfmt-dev fmt)

# OpenMP is always libgomp, the runtime that oneDNN links: two OpenMP runtimes in one process would oversubscribe the cores.
list(APPEND residual_targets residual-openmp)
list(APPEND residual_flags -lgomp)
if(NOT TARGET residual-openmp)
  add_library(residual-openmp INTERFACE IMPORTED)
  set_property(TARGET residual-openmp PROPERTY INTERFACE_LINK_LIBRARIES gomp)
endif()
