gpusize_add_tests(unit_gate unit gate/check_test.cpp gate/compat_rules_test.cpp gate/vllm_memory_test.cpp)
