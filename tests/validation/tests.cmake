gpusize_add_tests(validation_own_steps validation
  validation/own_steps_test.cpp)

# Medians over the measured runs of data/measurements against the recorded ones.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  set(left_out)
  if(GPUSIZE_SANITIZE)
    set(left_out --skip-left-out)
  endif()
  add_test(NAME validation/accuracy_gate COMMAND Python3::Interpreter
    "${PROJECT_SOURCE_DIR}/scripts/accuracy" --check --binary "$<TARGET_FILE:gpusize_cli>" ${left_out})
  set_tests_properties(validation/accuracy_gate PROPERTIES LABELS validation TIMEOUT ${GPUSIZE_HANG_S})
endif()
