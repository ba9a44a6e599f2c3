# One name per harness: NAME.cpp and corpus/NAME/. Only the readers are needed, so that the fuzz
# preset builds in seconds.
set(GPUSIZE_HARNESSES read_yaml read_json formula trace deployments)

function(gpusize_add_harness target name)
  add_executable(${target} "${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cpp" ${ARGN})
  set(spec "${PROJECT_SOURCE_DIR}/src/spec")
  if(name STREQUAL "deployments" AND TARGET gpusize)
    target_link_libraries(${target} PRIVATE gpusize)
  elseif(name STREQUAL "deployments") # the fuzz preset has no library: it instruments the readers themselves
    file(GLOB readers "${spec}/deploy_*.cpp" "${spec}/engine_*.cpp" "${spec}/shell_*.cpp")
    target_sources(${target} PRIVATE ${readers} "${spec}/collect_files.cpp" "${spec}/read_deployments.cpp"
      "${spec}/source_text.cpp" "${spec}/yaml_stream.cpp" "${PROJECT_SOURCE_DIR}/src/core/formula.cpp")
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  else()
    target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src/core/formula.cpp" "${spec}/csv.cpp"
      "${spec}/trace_formats.cpp" "${spec}/trace_reader.cpp" "${spec}/trace_time.cpp")
  endif()
  target_link_libraries(${target} PRIVATE gpusize_documents yaml-cpp::yaml-cpp nlohmann_json::nlohmann_json)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  gpusize_set_build_flags(${target})
endfunction()
