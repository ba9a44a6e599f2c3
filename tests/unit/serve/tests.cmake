gpusize_add_tests(unit_serve unit
  serve/closed_form_test.cpp
  serve/fleet_test.cpp
  serve/front_end_test.cpp
  serve/mixture_test.cpp
  serve/prompt_gate_test.cpp
  serve/queueing_test.cpp
  serve/random_test.cpp
  serve/scheduler_test.cpp
  serve/sketch_test.cpp
  serve/split_test.cpp
  serve/step_times_test.cpp
  serve/workload_file_test.cpp)
