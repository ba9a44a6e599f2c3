# Warnings and code generation of our own targets only; never exported.
function(gpusize_set_build_flags target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive- /utf-8 /Zc:__cplusplus)
    return()
  endif()
  # No fused multiply-add behind our back: the same digits on every machine.
  target_compile_options(${target} PRIVATE
    -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2
    -Wdouble-promotion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wduplicated-cond -Wlogical-op -Wuseless-cast)
    # GCC 12 and 13 see overlaps in std::string's operator+ that cannot be: a known false alarm.
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(GPUSIZE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(GPUSIZE_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${GPUSIZE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${GPUSIZE_SANITIZE})
  endif()
endfunction()

# Sanitized builds with GCC parse the headers that most files include once, not in every file: a quarter of the time that
# a file takes. The other builds do without: there every file must name what it uses, and a compiler cache knows the
# objects of other build folders.
# gpusize_add_precompiled(NAME LIBRARY HEADER...), then gpusize_use_precompiled(TARGET NAME).
function(gpusize_add_precompiled name library)
  if(NOT GPUSIZE_SANITIZE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  add_library(${name} OBJECT "${PROJECT_SOURCE_DIR}/src/cmake/precompiled.cpp")
  target_link_libraries(${name} PRIVATE ${library})
  target_precompile_headers(${name} PRIVATE ${ARGN})
  gpusize_set_build_flags(${name})
endfunction()
function(gpusize_use_precompiled target name)
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
    # As the precompiled headers were: GCC refuses them under another kind of position independence.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  endif()
endfunction()
set(GPUSIZE_COMMON_HEADERS <algorithm> <array> <cmath> <cstdint> <functional> <map> <memory> <optional> <set> <span>
  <string> <string_view> <utility> <vector> <fmt/format.h> <fmt/ranges.h>)
