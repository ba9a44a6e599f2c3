gpusize_add_tests(unit_estimate unit
  estimate/formats_test.cpp
  estimate/gate_interval_test.cpp
  estimate/overlap_test.cpp)
