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

# libxlsxwriter comes without a CMake package.
find_path(GPUSIZE_XLSXWRITER_INCLUDE xlsxwriter.h)
find_library(GPUSIZE_XLSXWRITER_LIBRARY xlsxwriter)
mark_as_advanced(GPUSIZE_XLSXWRITER_INCLUDE GPUSIZE_XLSXWRITER_LIBRARY)
if(NOT GPUSIZE_XLSXWRITER_INCLUDE OR NOT GPUSIZE_XLSXWRITER_LIBRARY)
  message(FATAL_ERROR "libxlsxwriter not found: install libxlsxwriter-dev, or run scripts/deps")
endif()
if(NOT TARGET xlsxwriter::xlsxwriter)
  add_library(xlsxwriter::xlsxwriter INTERFACE IMPORTED GLOBAL)
  target_link_libraries(xlsxwriter::xlsxwriter INTERFACE "${GPUSIZE_XLSXWRITER_LIBRARY}")
  target_include_directories(xlsxwriter::xlsxwriter INTERFACE "${GPUSIZE_XLSXWRITER_INCLUDE}")
endif()
