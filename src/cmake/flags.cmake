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
