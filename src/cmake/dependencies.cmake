# Used by the build and installed beside gpusize-config.cmake, so both find the same packages.
include(CMakeFindDependencyMacro)
macro(gpusize_find_dependency)
  if(CMAKE_FIND_PACKAGE_NAME) # inside find_package(gpusize): fail as its caller asked
    find_dependency(${ARGN})
  else()
    find_package(${ARGN} REQUIRED)
  endif()
endmacro()
gpusize_find_dependency(fmt 9.1)
gpusize_find_dependency(nlohmann_json 3.11)
gpusize_find_dependency(yaml-cpp 0.7)
if(NOT TARGET yaml-cpp::yaml-cpp) # 0.7 and older export the target without a namespace
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED GLOBAL)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()
