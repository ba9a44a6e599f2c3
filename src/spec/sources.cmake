target_sources(gpusize PRIVATE
  spec/csv.cpp
  spec/measurement.cpp
  spec/trace_formats.cpp
  spec/trace_reader.cpp
  spec/trace_time.cpp)
