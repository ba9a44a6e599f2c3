gpusize_add_tests(unit_train unit
  train/post_training_test.cpp
  train/train_test.cpp)
