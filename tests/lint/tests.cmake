# The shipped catalog: schema, sources, names, physics.
gpusize_add_tests(lint_catalog lint
  "${CMAKE_CURRENT_LIST_DIR}/card_physics_test.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/catalog_lint_test.cpp")

# Rules that the compiler does not hold. Python comes with scripts/deps test.
if(GPUSIZE_SANITIZE) # nothing there that a sanitizer could see
  return()
endif()
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND)
  message(WARNING "no python3: the lint tests are left out")
  return()
endif()

function(gpusize_add_lint name)
  add_test(NAME lint/${name} COMMAND Python3::Interpreter ${ARGN})
  set_tests_properties(lint/${name} PROPERTIES LABELS lint TIMEOUT ${GPUSIZE_HANG_S})
endfunction()

set(lint "${CMAKE_CURRENT_LIST_DIR}")
gpusize_add_lint(layers "${lint}/check_layers.py" "${PROJECT_SOURCE_DIR}")
gpusize_add_lint(layers-self-test "${lint}/check_layers.py" "${PROJECT_SOURCE_DIR}" --self-test)
gpusize_add_lint(house "${lint}/check_house.py" "${PROJECT_SOURCE_DIR}")
gpusize_add_lint(house-self-test "${lint}/check_house.py" "${PROJECT_SOURCE_DIR}" --self-test)

# Other versions format otherwise; 14 is Debian 12's.
find_program(GPUSIZE_CLANG_FORMAT NAMES clang-format-14 clang-format)
if(GPUSIZE_CLANG_FORMAT)
  execute_process(COMMAND "${GPUSIZE_CLANG_FORMAT}" --version OUTPUT_VARIABLE version)
  if(version MATCHES "version 14\\.")
    gpusize_add_lint(format "${lint}/check_format.py" "${GPUSIZE_CLANG_FORMAT}" "${PROJECT_SOURCE_DIR}")
  endif()
endif()

# Each public header compiles alone.
gpusize_add_lint(headers-self-test "${lint}/check_headers.py" "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}"
  "${CMAKE_COMMAND}" --self-test)
if(CMAKE_GENERATOR STREQUAL "Ninja" AND CMAKE_EXPORT_COMPILE_COMMANDS)
  gpusize_add_lint(headers "${lint}/check_headers.py" "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}" "${CMAKE_COMMAND}")
else()
  add_test(NAME lint/headers COMMAND "${CMAKE_COMMAND}" --build "${PROJECT_BINARY_DIR}"
    --target all_verify_interface_header_sets)
endif()
set_tests_properties(lint/headers PROPERTIES LABELS "lint;slow" TIMEOUT 1800 RESOURCE_LOCK build)
