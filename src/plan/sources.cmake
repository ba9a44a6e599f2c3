target_sources(gpusize PRIVATE
  plan/bounds.cpp
  plan/card_search.cpp
  plan/plan_document.cpp
  plan/plan_option_writer.cpp
  plan/planner.cpp
  plan/result_document.cpp)
