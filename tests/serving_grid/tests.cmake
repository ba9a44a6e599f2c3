# The closed form of latency percentiles against the simulator, docs/serving-grid.md:
#   cmake --build build/test --target serving_grid_page
add_executable(gpusize_serving_grid serving_grid/main.cpp serving_grid/points.cpp)
target_link_libraries(gpusize_serving_grid PRIVATE gpusize)
target_include_directories(gpusize_serving_grid PRIVATE "${PROJECT_SOURCE_DIR}/tests")
gpusize_set_build_flags(gpusize_serving_grid)
add_custom_target(serving_grid_page
  COMMAND gpusize_serving_grid > "${PROJECT_SOURCE_DIR}/docs/serving-grid.md" VERBATIM)
add_test(NAME serving_grid/sample COMMAND gpusize_serving_grid --every 4 --requests 10000 --check 0.20 0.08)
set_tests_properties(serving_grid/sample PROPERTIES LABELS unit TIMEOUT ${GPUSIZE_HANG_S})
add_test(NAME serving_grid/all COMMAND gpusize_serving_grid --check 0.20 0.08)
set_tests_properties(serving_grid/all PROPERTIES LABELS slow TIMEOUT ${GPUSIZE_HANG_S})
