gpusize_add_tests(unit_core unit
  core/confidence_below_test.cpp
  core/date_test.cpp
  core/derivation_test.cpp
  core/derivation_text_test.cpp
  core/diagnostic_test.cpp
  core/document_test.cpp
  core/dtype_test.cpp
  core/formula_test.cpp
  core/map_reader_test.cpp
  core/parallel_test.cpp
  core/pointer_map_test.cpp
  core/provenance_test.cpp
  core/quantity_test.cpp
  core/result_test.cpp
  core/shared_whys_test.cpp
  core/text_test.cpp)
