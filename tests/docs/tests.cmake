# Pages that are generated must be what the program generates: cmake --build build/test --target docs
find_package(Python3 COMPONENTS Interpreter)
add_custom_target(docs COMMAND gpusize_cli explain --formulas > "${PROJECT_SOURCE_DIR}/docs/formulas.md"
  COMMAND gpusize_cli explain --rules > "${PROJECT_SOURCE_DIR}/docs/rules.md"
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_LIST_DIR}/rules_of_thumb.py" $<TARGET_FILE:gpusize_cli>
  > "${PROJECT_SOURCE_DIR}/docs/rules-of-thumb.md"
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_LIST_DIR}/training_pages.py" $<TARGET_FILE:gpusize_cli>
  > "${PROJECT_SOURCE_DIR}/docs/training-examples.md" VERBATIM)
if(GPUSIZE_SANITIZE) # pages repeat commands that the cli tests run
  return()
endif()
if(Python3_FOUND)
add_test(NAME docs/rules-of-thumb COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/rules_of_thumb.py"
  $<TARGET_FILE:gpusize_cli> "${PROJECT_SOURCE_DIR}/docs/rules-of-thumb.md")
set_tests_properties(docs/rules-of-thumb PROPERTIES LABELS docs TIMEOUT ${GPUSIZE_HANG_S})
add_test(NAME docs/training-examples COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/training_pages.py"
  $<TARGET_FILE:gpusize_cli> "${PROJECT_SOURCE_DIR}/docs/training-examples.md")
set_tests_properties(docs/training-examples PROPERTIES LABELS docs TIMEOUT ${GPUSIZE_HANG_S})
add_test(NAME docs/serving COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/serving_pages.py"
  $<TARGET_FILE:gpusize_cli> "${PROJECT_SOURCE_DIR}/docs/serving.md" "${PROJECT_SOURCE_DIR}/configs")
set_tests_properties(docs/serving PROPERTIES LABELS "docs;slow" TIMEOUT ${GPUSIZE_HANG_S})
endif()
add_test(NAME docs/formulas COMMAND "${CMAKE_COMMAND}" -DPROGRAM=$<TARGET_FILE:gpusize_cli>
  -DPAGE=${PROJECT_SOURCE_DIR}/docs/formulas.md -P "${CMAKE_CURRENT_LIST_DIR}/compare.cmake")
set_tests_properties(docs/formulas PROPERTIES LABELS docs TIMEOUT ${GPUSIZE_HANG_S})
add_test(NAME docs/rules COMMAND "${CMAKE_COMMAND}" -DPROGRAM=$<TARGET_FILE:gpusize_cli> -DFLAG=--rules
  -DPAGE=${PROJECT_SOURCE_DIR}/docs/rules.md -P "${CMAKE_CURRENT_LIST_DIR}/compare.cmake")
set_tests_properties(docs/rules PROPERTIES LABELS docs TIMEOUT ${GPUSIZE_HANG_S})
