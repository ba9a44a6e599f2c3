# scripts/deps finds what this build needed, and says what it does not understand.
execute_process(COMMAND "${SOURCE}/scripts/deps" --list build test
  RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT code EQUAL 0 OR NOT out STREQUAL "" OR NOT err STREQUAL "")
  message(FATAL_ERROR "expected nothing missing, got ${code}: ${out}${err}")
endif()
execute_process(COMMAND "${SOURCE}/scripts/deps" nonsense RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT code EQUAL 2 OR NOT err MATCHES "unknown argument \"nonsense\"" OR NOT out STREQUAL "")
  message(FATAL_ERROR "expected exit code 2 and a message on stderr, got ${code}: ${out}${err}")
endif()
