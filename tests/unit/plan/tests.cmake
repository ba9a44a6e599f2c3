gpusize_add_tests(unit_plan unit
  plan/plan_document_test.cpp
  plan/why_test.cpp)
