# The corpus replays in every build. Where clang has libFuzzer, each harness also searches a while.
include("${CMAKE_CURRENT_LIST_DIR}/harnesses.cmake")
foreach(name ${GPUSIZE_HARNESSES})
  gpusize_add_harness(replay_${name} ${name} "${CMAKE_CURRENT_LIST_DIR}/replay_main.cpp")
  add_test(NAME fuzz/replay-${name} COMMAND replay_${name} "${CMAKE_CURRENT_LIST_DIR}/corpus/${name}")
  set_tests_properties(fuzz/replay-${name} PROPERTIES LABELS fuzz TIMEOUT ${GPUSIZE_HANG_S})
endforeach()

if(GPUSIZE_SANITIZE)
  return()
endif()
find_program(GPUSIZE_CLANG clang++)
if(GPUSIZE_CLANG)
  execute_process(COMMAND "${GPUSIZE_CLANG}" -x c++ -fsanitize=fuzzer,address - -o "${PROJECT_BINARY_DIR}/has_fuzzer.tmp"
    INPUT_FILE "${CMAKE_CURRENT_LIST_DIR}/probe.txt" RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
endif()
if(NOT GPUSIZE_CLANG OR NOT code EQUAL 0)
  message(STATUS "no clang with libFuzzer: the fuzz search is left out (scripts/deps fuzz)")
  return()
endif()

add_test(NAME fuzz/build COMMAND "${CMAKE_COMMAND}" -DBUILD_ONLY=ON -P "${CMAKE_CURRENT_LIST_DIR}/run.cmake"
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(fuzz/build PROPERTIES LABELS "fuzz;slow" TIMEOUT 1800 RESOURCE_LOCK build COST 500 # searches wait for it
  FIXTURES_SETUP fuzz_harnesses)
foreach(name ${GPUSIZE_HARNESSES})
  add_test(NAME fuzz/search-${name} COMMAND "${CMAKE_COMMAND}" -DNAME=${name} -DSECONDS=20
    -P "${CMAKE_CURRENT_LIST_DIR}/run.cmake" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(fuzz/search-${name} PROPERTIES LABELS "fuzz;slow" TIMEOUT ${GPUSIZE_HANG_S}
    FIXTURES_REQUIRED fuzz_harnesses)
endforeach()
