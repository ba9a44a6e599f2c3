target_sources(gpusize PRIVATE
  estimate/deployment.cpp
  estimate/gate_interval.cpp
  estimate/memory.cpp
  estimate/prompts.cpp
  estimate/serving.cpp
  estimate/step.cpp
  estimate/support.cpp)
