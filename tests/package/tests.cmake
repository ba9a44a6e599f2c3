# The library as others use it: installed, and as a folder of another project. A sanitized library
# asks its users for the sanitizer's flags, so that build is not packaged.
if(GPUSIZE_SANITIZE OR NOT GPUSIZE_INSTALL)
  return()
endif()
include(ProcessorCount)
ProcessorCount(jobs)
foreach(mode installed folder)
  add_test(NAME package/${mode} COMMAND "${CMAKE_COMMAND}" -DMODE=${mode} -DJOBS=${jobs}
    -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${PROJECT_SOURCE_DIR} -DWORK=${PROJECT_BINARY_DIR}/package-${mode}
    -P "${CMAKE_CURRENT_LIST_DIR}/run.cmake")
  set_tests_properties(package/${mode} PROPERTIES LABELS "package;slow" TIMEOUT 1800 RESOURCE_LOCK build)
endforeach()
