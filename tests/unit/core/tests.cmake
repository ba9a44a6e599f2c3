gpusize_add_tests(unit_core unit
  core/quantity_test.cpp)
