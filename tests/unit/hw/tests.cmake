gpusize_add_tests(unit_hw unit
  hw/attention_test.cpp hw/bare_kernels_test.cpp hw/cached_reads_test.cpp hw/collective_test.cpp
  hw/device_test.cpp hw/lone_decode_test.cpp hw/unfused_prefill_test.cpp)
