target_sources(gpusize PRIVATE
  plan/bounds.cpp
  plan/card_search.cpp
  plan/planner.cpp
  plan/result_document.cpp)
