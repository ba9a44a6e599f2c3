gpusize_add_tests(unit_plan unit
  plan/why_test.cpp)
