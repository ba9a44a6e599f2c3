# Reports in the programs that people open them with.
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND)
  return()
endif()
add_test(NAME report/browser COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/browser.py"
  "$<TARGET_FILE:gpusize_cli>" "${CMAKE_CURRENT_LIST_DIR}/browser.mjs" "${PROJECT_BINARY_DIR}/tests/report/pages")
add_test(NAME report/workbook COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/workbook.py"
  "$<TARGET_FILE:gpusize_cli>" "${PROJECT_BINARY_DIR}/tests/report/workbooks")
add_test(NAME report/csv-back COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/csv_back.py"
  "$<TARGET_FILE:gpusize_cli>" "${PROJECT_BINARY_DIR}/tests/report/csv")
set_tests_properties(report/csv-back PROPERTIES LABELS "report" TIMEOUT ${GPUSIZE_HANG_S})
set_tests_properties(report/browser report/workbook PROPERTIES LABELS "report;slow" TIMEOUT 1800 SKIP_RETURN_CODE 77)
