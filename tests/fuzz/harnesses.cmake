# One name per harness: NAME.cpp and corpus/NAME/. Only the readers are needed, so that the fuzz
# preset builds in seconds.
set(GPUSIZE_HARNESSES read_yaml read_json formula deployments)

function(gpusize_add_harness target name)
  add_executable(${target} "${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cpp" ${ARGN})
  target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src/core/formula.cpp")
  if(name STREQUAL "deployments" AND TARGET gpusize)
    target_link_libraries(${target} PRIVATE gpusize)
  elseif(name STREQUAL "deployments") # the fuzz preset has no library: it instruments the readers themselves
    file(GLOB readers "${PROJECT_SOURCE_DIR}/src/spec/deploy_*.cpp" "${PROJECT_SOURCE_DIR}/src/spec/engine_*.cpp"
      "${PROJECT_SOURCE_DIR}/src/spec/shell_*.cpp")
    target_sources(${target} PRIVATE ${readers} "${PROJECT_SOURCE_DIR}/src/spec/collect_files.cpp"
      "${PROJECT_SOURCE_DIR}/src/spec/read_deployments.cpp" "${PROJECT_SOURCE_DIR}/src/spec/source_text.cpp"
      "${PROJECT_SOURCE_DIR}/src/spec/yaml_stream.cpp")
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  endif()
set(GPUSIZE_HARNESSES read_yaml read_json formula trace)

function(gpusize_add_harness target name)
  add_executable(${target} "${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cpp" ${ARGN})
  target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src/core/formula.cpp"
    "${PROJECT_SOURCE_DIR}/src/spec/csv.cpp" "${PROJECT_SOURCE_DIR}/src/spec/trace_formats.cpp"
    "${PROJECT_SOURCE_DIR}/src/spec/trace_reader.cpp" "${PROJECT_SOURCE_DIR}/src/spec/trace_time.cpp")
  target_link_libraries(${target} PRIVATE gpusize_documents yaml-cpp::yaml-cpp nlohmann_json::nlohmann_json)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  gpusize_set_build_flags(${target})
endfunction()
