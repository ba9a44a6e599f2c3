target_sources(gpusize PRIVATE
  plan/result_document.cpp)
