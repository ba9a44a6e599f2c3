gpusize_add_tests(unit_report unit
  report/charts_test.cpp
  report/columns_test.cpp
  report/html_test.cpp
  report/read_result_test.cpp
  report/words_test.cpp
  report/xlsx_formula_test.cpp)
target_include_directories(unit_report PRIVATE "${PROJECT_SOURCE_DIR}/src") # module-private headers
