gpusize_add_tests(unit_calibrate unit
  calibrate/notes_test.cpp
  calibrate/statistics_test.cpp
  calibrate/validate_command_test.cpp
  calibrate/validate_test.cpp)
target_include_directories(unit_calibrate PRIVATE "${PROJECT_SOURCE_DIR}/src") # module-private headers
