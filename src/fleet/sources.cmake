target_sources(gpusize PRIVATE
  fleet/compat_document.cpp
  fleet/mig_document.cpp
  fleet/mig_packing.cpp)
