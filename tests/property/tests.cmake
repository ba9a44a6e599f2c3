gpusize_add_tests(property_plan property
  property/planner_test.cpp)
