target_sources(gpusize PRIVATE
  estimate/deployment.cpp
  estimate/memory.cpp)
