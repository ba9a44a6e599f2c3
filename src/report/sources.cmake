target_sources(gpusize PRIVATE
  report/formats.cpp
  report/text_table.cpp
  report/validate_document.cpp
  report/validate_tables.cpp)
