gpusize_add_tests(unit_plan unit
  plan/estimate_document_test.cpp
  plan/plan_document_test.cpp
  plan/plan_trace_test.cpp
  plan/tco_document_test.cpp
  plan/train_post_test.cpp
  plan/why_test.cpp)
