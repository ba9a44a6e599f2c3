# Command, input files and expected output in one text file each; see run_cli_tests.py.
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND)
  message(WARNING "no python3: the command-line tests are left out")
  return()
endif()

file(GLOB_RECURSE cli_tests RELATIVE "${CMAKE_CURRENT_LIST_DIR}" CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_LIST_DIR}/*.test") # found by themselves, like data files
foreach(test IN LISTS cli_tests)
  string(REGEX REPLACE "\\.test$" "" name "${test}")
  add_test(NAME cli/${name} COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/run_cli_tests.py"
    "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}/tests/data" "${CMAKE_CURRENT_LIST_DIR}/${test}")
  set_tests_properties(cli/${name} PROPERTIES LABELS cli TIMEOUT 120)
endforeach()
