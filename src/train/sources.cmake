target_sources(gpusize PRIVATE
  train/block.cpp
  train/block_builder.cpp
  train/job.cpp
  train/memory.cpp
  train/operator_rules.cpp
  train/parameters.cpp
  train/post_training.cpp
  train/projection.cpp
  train/step.cpp)
