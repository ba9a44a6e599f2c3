gpusize_add_tests(unit_ops unit
  ops/all_reduce_test.cpp
  ops/formulas_test.cpp
  ops/kv_cache_test.cpp
  ops/padding_test.cpp
  ops/parameter_counts_test.cpp)
