target_sources(gpusize PRIVATE
  hw/attention.cpp
  hw/bare_kernels.cpp
  hw/cached_reads.cpp
  hw/collective.cpp
  hw/device.cpp
  hw/formulas.cpp
  hw/library_prefill.cpp)
