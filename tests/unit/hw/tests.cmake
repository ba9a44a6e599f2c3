gpusize_add_tests(unit_hw unit
  hw/collective_test.cpp hw/device_test.cpp)
