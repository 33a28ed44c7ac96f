# What the scripts of this folder share. They take BUILD, this project's build tree; PROJECT, its sources; CXX; GENERATOR.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# install(KIND PREFIX): the headers and one kind of library below an empty PREFIX.
function(install kind prefix)
  file(REMOVE_RECURSE ${prefix})
  foreach(component IN ITEMS headers ${kind})
    run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component ${component})
  endforeach()
endfunction()

# configure(SOURCE TREE OPTIONS...): a project in an empty build tree.
function(configure source tree)
  file(REMOVE_RECURSE ${tree})
  run(${CMAKE_COMMAND} -S ${source} -B ${tree} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CXX} ${ARGN})
endfunction()
