# The scripts that the README names, from any folder.
if(GPUSIZE_SANITIZE OR WIN32)
  return()
endif()
foreach(case deps gpusize)
  add_test(NAME scripts/${case} COMMAND "${CMAKE_COMMAND}" -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
    -P "${CMAKE_CURRENT_LIST_DIR}/${case}.cmake" WORKING_DIRECTORY /)
endforeach()
set_tests_properties(scripts/deps PROPERTIES LABELS scripts TIMEOUT ${GPUSIZE_HANG_S})
set_tests_properties(scripts/gpusize PROPERTIES LABELS "scripts;slow" TIMEOUT 1800 RESOURCE_LOCK build)
