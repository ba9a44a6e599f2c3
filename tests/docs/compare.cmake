# What `explain --formulas` prints must be the text of PAGE.
execute_process(COMMAND "${PROGRAM}" explain --formulas OUTPUT_VARIABLE made COMMAND_ERROR_IS_FATAL ANY)
file(READ "${PAGE}" kept)
if(NOT made STREQUAL kept)
  message(FATAL_ERROR "${PAGE} is not what the program generates; build the target \"docs\" to write it anew")
endif()
