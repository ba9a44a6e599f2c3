gpusize_add_tests(unit_plan unit
<<<<<<< HEAD
  plan/plan_document_test.cpp
  plan/why_test.cpp)
=======
  plan/estimate_document_test.cpp plan/why_test.cpp)
>>>>>>> f1e2874 (estimate: one replica's memory and step with every derivation; explain: derivations of any number of a result)
