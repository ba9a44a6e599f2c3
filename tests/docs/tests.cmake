# Pages that are generated must be what the program generates: cmake --build build/test --target docs
add_executable(formula_page docs/formula_page_main.cpp)
target_link_libraries(formula_page PRIVATE gpusize)
gpusize_set_build_flags(formula_page)
add_custom_target(docs COMMAND formula_page > "${PROJECT_SOURCE_DIR}/docs/formulas.md" VERBATIM)
add_test(NAME docs/formulas COMMAND "${CMAKE_COMMAND}" -DPROGRAM=$<TARGET_FILE:formula_page>
  -DPAGE=${PROJECT_SOURCE_DIR}/docs/formulas.md -P "${CMAKE_CURRENT_LIST_DIR}/compare.cmake")
set_tests_properties(docs/formulas PROPERTIES LABELS docs TIMEOUT 60)
