# One name per harness: NAME.cpp and corpus/NAME/.
set(GPUSIZE_HARNESSES read_yaml read_json formula trace deployments measured training)

# The replays use the library as it is. The search instruments the readers and what they stand on, not all the
# rest, so that the fuzz preset builds in minutes.
if(GPUSIZE_BUILD_FUZZERS)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/core/*.cpp" "${PROJECT_SOURCE_DIR}/src/spec/*.cpp")
  add_library(gpusize_readers STATIC EXCLUDE_FROM_ALL ${sources})
  target_include_directories(gpusize_readers PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(gpusize_readers PUBLIC fmt::fmt yaml-cpp::yaml-cpp nlohmann_json::nlohmann_json)
  gpusize_set_build_flags(gpusize_readers)
else()
  add_library(gpusize_readers INTERFACE)
  target_include_directories(gpusize_readers INTERFACE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(gpusize_readers INTERFACE gpusize)
endif()

function(gpusize_add_harness target name)
  add_executable(${target} "${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cpp" ${ARGN})
  target_link_libraries(${target} PRIVATE gpusize_readers)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  gpusize_set_build_flags(${target})
endfunction()
