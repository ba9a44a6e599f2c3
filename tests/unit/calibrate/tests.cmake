gpusize_add_tests(unit_calibrate unit
  calibrate/attention_call_test.cpp
  calibrate/closed_loop_test.cpp
  calibrate/exchange_protocol_test.cpp
  calibrate/expert_block_test.cpp
  calibrate/expert_deal_test.cpp
  calibrate/expert_lists_test.cpp
  calibrate/expert_load_test.cpp
  calibrate/family_clock_test.cpp
  calibrate/fit_engine_test.cpp
  calibrate/fit_rates_test.cpp
  calibrate/kernel_family_test.cpp
  calibrate/least_squares_test.cpp
  calibrate/loop_records_test.cpp
  calibrate/memory_logs_test.cpp
  calibrate/notes_test.cpp
  calibrate/predict_kernel_test.cpp
  calibrate/product_tiles_test.cpp
  calibrate/run_source_test.cpp
  calibrate/statistics_test.cpp
  calibrate/tiled_product_test.cpp
  calibrate/token_reader_test.cpp
  calibrate/validate_command_test.cpp
  calibrate/validate_test.cpp)
target_include_directories(unit_calibrate PRIVATE "${PROJECT_SOURCE_DIR}/src") # module-private headers
