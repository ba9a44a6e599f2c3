gpusize_add_tests(unit_manifest unit
  manifest/manifest_test.cpp
  manifest/yaml_text_test.cpp)
target_include_directories(unit_manifest PRIVATE "${PROJECT_SOURCE_DIR}/src")
