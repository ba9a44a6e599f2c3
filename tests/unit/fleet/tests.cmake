gpusize_add_tests(unit_fleet unit
  fleet/mig_test.cpp)
