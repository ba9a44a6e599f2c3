gpusize_add_tests(validation_own_steps validation
  validation/own_steps_test.cpp)
