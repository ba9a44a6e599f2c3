# From the source folder: cmake -DBUILD_ONLY=ON -P run.cmake, then cmake -DNAME=... -DSECONDS=... -P run.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "exit code ${code}: ${ARGN}")
  endif()
endfunction()

if(BUILD_ONLY)
  run("${CMAKE_COMMAND}" --preset fuzz)
  run("${CMAKE_COMMAND}" --build --preset fuzz --target fuzz_harnesses)
  return()
endif()
# New inputs go to the build folder; a crash leaves its input there too.
set(found build/fuzz/found/${NAME})
file(MAKE_DIRECTORY ${found})
run(build/fuzz/tests/fuzz/fuzz_${NAME} -max_total_time=${SECONDS} -max_len=4096 -timeout=10 -rss_limit_mb=2048
  -artifact_prefix=${found}/crash- -print_final_stats=1 -verbosity=0 ${found} tests/fuzz/corpus/${NAME})
