gpusize_add_tests(unit_train unit
  train/train_test.cpp)
