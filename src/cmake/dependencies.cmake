# Used by the build and installed beside gpusize-config.cmake, so both find the same packages.
include(CMakeFindDependencyMacro)
find_dependency(fmt 9.1)
find_dependency(nlohmann_json 3.11)
find_dependency(yaml-cpp 0.7)
if(NOT TARGET yaml-cpp::yaml-cpp) # 0.7 and older export the target without a namespace
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()
