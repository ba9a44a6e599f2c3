# One name per harness: NAME.cpp and corpus/NAME/. Only the readers are needed, so that the fuzz
# preset builds in seconds.
set(GPUSIZE_HARNESSES read_yaml read_json formula)

function(gpusize_add_harness target name)
  add_executable(${target} "${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cpp" ${ARGN})
  target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src/core/formula.cpp")
  target_link_libraries(${target} PRIVATE gpusize_documents yaml-cpp::yaml-cpp nlohmann_json::nlohmann_json)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  gpusize_set_build_flags(${target})
endfunction()
