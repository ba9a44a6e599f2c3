target_sources(gpusize PRIVATE
  tco/cost.cpp)
