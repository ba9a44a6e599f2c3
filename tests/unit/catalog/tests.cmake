gpusize_add_tests(unit_catalog unit
  catalog/default_price_test.cpp)
