gpusize_add_tests(unit_layout unit
  layout/enumerate_test.cpp)
