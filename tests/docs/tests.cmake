# Pages that are generated must be what the program generates: cmake --build build/test --target docs
add_custom_target(docs COMMAND gpusize_cli explain --formulas > "${PROJECT_SOURCE_DIR}/docs/formulas.md"
  COMMAND gpusize_cli explain --rules > "${PROJECT_SOURCE_DIR}/docs/rules.md" VERBATIM)
add_test(NAME docs/formulas COMMAND "${CMAKE_COMMAND}" -DPROGRAM=$<TARGET_FILE:gpusize_cli>
  -DPAGE=${PROJECT_SOURCE_DIR}/docs/formulas.md -P "${CMAKE_CURRENT_LIST_DIR}/compare.cmake")
set_tests_properties(docs/formulas PROPERTIES LABELS docs TIMEOUT ${GPUSIZE_HANG_S})
add_test(NAME docs/rules COMMAND "${CMAKE_COMMAND}" -DPROGRAM=$<TARGET_FILE:gpusize_cli> -DFLAG=--rules
  -DPAGE=${PROJECT_SOURCE_DIR}/docs/rules.md -P "${CMAKE_CURRENT_LIST_DIR}/compare.cmake")
set_tests_properties(docs/rules PROPERTIES LABELS docs TIMEOUT ${GPUSIZE_HANG_S})
