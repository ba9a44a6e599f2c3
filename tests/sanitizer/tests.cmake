# Every test that is not slow again, under the address and undefined-behaviour sanitizers; tests that run the
# commands of others once more (pages, further round trips) are left out.
if(GPUSIZE_SANITIZE)
  return()
endif()
include(ProcessorCount)
ProcessorCount(jobs)
add_test(NAME sanitizer/address-undefined
  COMMAND "${CMAKE_COMMAND}" -E env CMAKE_BUILD_PARALLEL_LEVEL=${jobs} CTEST_PARALLEL_LEVEL=${jobs}
    "${CMAKE_COMMAND}" --workflow --preset asan
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(sanitizer/address-undefined PROPERTIES LABELS "sanitizer;slow" TIMEOUT 4800
  RESOURCE_LOCK build COST 1000) # the longest: from the beginning, beside the quick ones
