gpusize_add_tests(unit_spec unit
  spec/csv_test.cpp
  spec/deploy_shapes_test.cpp spec/deployments_test.cpp
  spec/measured_files_test.cpp
  spec/embedded_test.cpp
  spec/measurement_test.cpp
  spec/read_file_test.cpp
  spec/read_json_test.cpp
  spec/read_yaml_test.cpp
  spec/shell_words_test.cpp
  spec/trace_test.cpp
  spec/training_files_test.cpp)
