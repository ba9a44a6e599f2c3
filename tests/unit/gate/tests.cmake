gpusize_add_tests(unit_gate unit gate/check_test.cpp)
