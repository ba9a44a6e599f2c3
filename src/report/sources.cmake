target_sources(gpusize PRIVATE
  report/cells.cpp
  report/csv.cpp
  report/estimate_tables.cpp
  report/formats.cpp
  report/formula_page.cpp
  report/gpu_tables.cpp
  report/listing_csv.cpp
  report/markdown.cpp
  report/model_tables.cpp
  report/plan_tables.cpp
  report/price_tables.cpp
  report/sections.cpp
  report/table.cpp
  report/text_table.cpp
  report/tidy.cpp
  report/validate_document.cpp
  report/validate_tables.cpp)
