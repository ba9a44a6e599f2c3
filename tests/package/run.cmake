# cmake -DMODE=installed|folder -DBUILD=... -DSOURCE=... -DWORK=... -P run.cmake
# Builds and runs the consumer against an installation of BUILD, or with SOURCE as a folder.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "exit code ${code}: ${ARGN}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
if(MODE STREQUAL "installed")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  run("${WORK}/prefix/bin/gpusize" --version)
  set(how "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  set(how "-DGPUSIZE_FOLDER=${SOURCE}")
endif()
# The flags of the build under test, so that a compiler cache knows the objects.
run("${CMAKE_COMMAND}" -G Ninja -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/build" "${how}"
  -DCMAKE_BUILD_TYPE=Release)
run("${CMAKE_COMMAND}" --build "${WORK}/build" --parallel ${JOBS})
run("${WORK}/build/consumer")
file(REMOVE_RECURSE "${WORK}")
