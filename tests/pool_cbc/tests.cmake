# Exact pools against another solver, where it is installed (scripts/deps --optional solver).
add_executable(gpusize_pool_lp pool_cbc/main.cpp pool_cbc/pool_lp.cpp)
target_link_libraries(gpusize_pool_lp PRIVATE gpusize)
target_include_directories(gpusize_pool_lp PRIVATE "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/src")
target_compile_definitions(gpusize_pool_lp PRIVATE GPUSIZE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
gpusize_set_build_flags(gpusize_pool_lp)
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME pool_cbc/agree COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/compare.py"
    "$<TARGET_FILE:gpusize_pool_lp>" "${CMAKE_CURRENT_BINARY_DIR}/pool_cbc")
  set_tests_properties(pool_cbc/agree PROPERTIES LABELS unit TIMEOUT ${GPUSIZE_HANG_S} SKIP_RETURN_CODE 77)
endif()
