target_sources(gpusize PRIVATE
  report/formats.cpp
  report/text_table.cpp)
