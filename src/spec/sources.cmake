target_sources(gpusize PRIVATE
  spec/csv.cpp
  spec/measurement.cpp)
