gpusize_add_tests(property_plan property
  property/planner_test.cpp)
gpusize_add_tests(property_ops property
  property/ops_graph_test.cpp
  property/ops_memory_test.cpp
  property/ops_sharding_test.cpp
  property/step_test.cpp)
gpusize_add_tests(property_train property
  property/train_search_test.cpp)
