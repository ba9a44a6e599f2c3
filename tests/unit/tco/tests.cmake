gpusize_add_tests(unit_tco unit
  tco/analysis_test.cpp
  tco/api_price_test.cpp
  tco/depreciation_test.cpp
  tco/engine_test.cpp
  tco/finance_test.cpp
  tco/money_test.cpp
  tco/read_model_test.cpp)
