target_sources(gpusize PRIVATE
  serve/deploy.cpp
  serve/fleet.cpp
  serve/generator.cpp
  serve/lane.cpp
  serve/prefix_cache.cpp
  serve/random.cpp
  serve/rank.cpp
  serve/recorder.cpp
  serve/scheduler_sglang.cpp
  serve/scheduler_static.cpp
  serve/scheduler_tensorrt_llm.cpp
  serve/scheduler_vllm.cpp
  serve/schedulers.cpp
  serve/simulator.cpp
  serve/sketch.cpp
  serve/step_times.cpp
  serve/workload.cpp)
