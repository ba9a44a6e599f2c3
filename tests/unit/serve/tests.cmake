gpusize_add_tests(unit_serve unit
  unit/serve/queueing_test.cpp
  unit/serve/random_test.cpp
  unit/serve/scheduler_test.cpp
  unit/serve/sketch_test.cpp
  unit/serve/step_times_test.cpp)
