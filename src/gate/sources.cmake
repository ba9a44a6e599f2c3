target_sources(gpusize PRIVATE
  gate/assess.cpp
  gate/check.cpp
  gate/check_document.cpp
  gate/diff.cpp
  gate/formulas.cpp
  gate/judge.cpp
  gate/policy.cpp
  gate/rules.cpp
  gate/rules_fit.cpp
  gate/rules_hygiene.cpp
  gate/rules_parallelism.cpp
  gate/service.cpp
  gate/sha256.cpp
  gate/suppress.cpp)
