find_package(CLI11 2.1 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
add_executable(gpusize_cli
  cli/cmd_compat.cpp
  cli/check_inputs.cpp
  cli/cmd_calibrate.cpp
  cli/cmd_check.cpp
  cli/cmd_diff.cpp
  cli/cmd_estimate.cpp
  cli/cmd_explain.cpp
  cli/cmd_gpus.cpp
  cli/cmd_levers.cpp
  cli/cmd_manifest.cpp
  cli/cmd_mig.cpp
  cli/cmd_models.cpp
  cli/cmd_pool.cpp
  cli/cmd_prices.cpp
  cli/cmd_simulate.cpp
  cli/cmd_report.cpp
  cli/cmd_train.cpp
  cli/cmd_validate.cpp
  cli/cmd_workload.cpp
  cli/cmd_plan.cpp
  cli/cmd_tco.cpp
  cli/commands.cpp
  cli/common.cpp
  cli/estimate_options.cpp
  cli/inputs.cpp
  cli/listing.cpp
  cli/main.cpp
  cli/parser.cpp
  cli/plan_options.cpp
  cli/prices_import.cpp
  cli/percentile_options.cpp
  cli/progress.cpp
  cli/rerun.cpp
  cli/simulate_options.cpp
  cli/train_options.cpp)
set_target_properties(gpusize_cli PROPERTIES OUTPUT_NAME gpusize RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
target_link_libraries(gpusize_cli PRIVATE gpusize CLI11::CLI11 spdlog::spdlog fmt::fmt nlohmann_json::nlohmann_json)
target_compile_definitions(gpusize_cli PRIVATE GPUSIZE_VERSION="${PROJECT_VERSION}")
target_include_directories(gpusize_cli PRIVATE "${PROJECT_SOURCE_DIR}/src")
gpusize_set_build_flags(gpusize_cli)
gpusize_use_precompiled(gpusize_cli gpusize_precompiled)
if(GPUSIZE_SANITIZE AND NOT MSVC)
  # These instantiate the option parser: optimising that takes most of their time and gains nothing here.
  set_source_files_properties(cli/main.cpp cli/parser.cpp PROPERTIES COMPILE_OPTIONS -O0
    SKIP_PRECOMPILE_HEADERS ON)
endif()
