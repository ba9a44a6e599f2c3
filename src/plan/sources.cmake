target_sources(gpusize PRIVATE
  plan/bounds.cpp
  plan/card_search.cpp
  plan/catalog_documents_gpus.cpp
  plan/catalog_documents_models.cpp
  plan/catalog_documents_prices.cpp
  plan/catalog_parts.cpp
  plan/plan_document.cpp
  plan/plan_option_writer.cpp
  plan/planner.cpp
  plan/result_document.cpp)
