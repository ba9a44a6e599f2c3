# scripts/gpusize builds when it must, starts at once when it need not, keeps stdout and the exit
# code to the program.
function(expect_version)
  execute_process(COMMAND "${SOURCE}/scripts/gpusize" --version
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT code EQUAL 0 OR NOT out STREQUAL "gpusize ${VERSION}\n")
    message(FATAL_ERROR "exit code ${code}, stdout \"${out}\", stderr \"${err}\"")
  endif()
  set(err "${err}" PARENT_SCOPE)
endfunction()

expect_version()
expect_version()
if(NOT err STREQUAL "")
  message(FATAL_ERROR "the second run was not at once: ${err}")
endif()
execute_process(COMMAND "${SOURCE}/scripts/gpusize" --no-such-option RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
if(NOT code EQUAL 2)
  message(FATAL_ERROR "expected the program's exit code 2 for bad usage, got ${code}")
endif()
