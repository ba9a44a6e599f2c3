gpusize_add_tests(unit_fleet unit
  fleet/compat_rows_test.cpp
  fleet/levers_test.cpp
  fleet/mig_test.cpp
  fleet/pool_placing_test.cpp
  fleet/pool_spec_test.cpp
  fleet/pool_test.cpp
  fleet/refusals_test.cpp
  fleet/vgpu_licence_test.cpp)
target_include_directories(unit_fleet PRIVATE "${PROJECT_SOURCE_DIR}/src")
