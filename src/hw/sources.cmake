target_sources(gpusize PRIVATE
  hw/collective.cpp
  hw/device.cpp
  hw/formulas.cpp)
