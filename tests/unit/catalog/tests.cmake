gpusize_add_tests(unit_catalog unit
  catalog/attention_library_test.cpp
  catalog/compat_test.cpp
  catalog/default_price_test.cpp
  catalog/engine_version_test.cpp
  catalog/model_config_test.cpp
  catalog/model_families_test.cpp
  catalog/model_hostile_test.cpp
  catalog/model_override_test.cpp)
