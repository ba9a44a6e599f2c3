# What `explain FLAG` prints must be the text of PAGE.
if(NOT DEFINED FLAG)
  set(FLAG --formulas)
endif()
execute_process(COMMAND "${PROGRAM}" explain ${FLAG} OUTPUT_VARIABLE made COMMAND_ERROR_IS_FATAL ANY)
file(READ "${PAGE}" kept)
if(NOT made STREQUAL kept)
  message(FATAL_ERROR "${PAGE} is not what the program generates; build the target \"docs\" to write it anew")
endif()
