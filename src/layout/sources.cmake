target_sources(gpusize PRIVATE
  layout/enumerate.cpp)
