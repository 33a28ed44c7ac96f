# cmake -D BUILD=... -D PROJECT=... -P install_pages.cmake: what a program prints about itself is installed, and a program that does not run
# here is no error.
set(folder "${BUILD}/package/pages of a program")
file(REMOVE_RECURSE ${folder})
set(CMAKE_INSTALL_PREFIX ${folder}/prefix)
set(made_in ${folder}/made)

function(install_page program arguments file)
  include(${PROJECT}/cmake/install_output.cmake)
endfunction()

file(WRITE ${folder}/prints "#!/bin/sh\necho \"page of $1 $2;\"\n")
file(WRITE ${folder}/fails "#!/bin/sh\necho half a page\nexit 2\n")
file(CHMOD ${folder}/prints ${folder}/fails PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install_page("${folder}/prints" "completion bash" share/completions/residual)
install_page("${folder}/fails" man share/man/man1/residual.1)
install_page("${folder}/not-there" man share/man/man1/residual.1)

file(READ ${CMAKE_INSTALL_PREFIX}/share/completions/residual text)
if(NOT text STREQUAL "page of completion bash;\n")
  message(FATAL_ERROR "installed was '${text}'")
endif()
if(EXISTS ${CMAKE_INSTALL_PREFIX}/share/man)
  message(FATAL_ERROR "the output of a program that failed was installed")
endif()
