# Command, input files and expected output in one text file each; see run_cli_tests.py.
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND)
  message(WARNING "no python3: the command-line tests are left out")
  return()
endif()

file(GLOB_RECURSE cli_tests RELATIVE "${CMAKE_CURRENT_LIST_DIR}" CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_LIST_DIR}/*.test") # found by themselves, like data files
foreach(test IN LISTS cli_tests)
  string(REGEX REPLACE "\\.test$" "" name "${test}")
  add_test(NAME cli/${name} COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/run_cli_tests.py"
    "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}/tests/data" "${CMAKE_CURRENT_LIST_DIR}/${test}")
  set_tests_properties(cli/${name} PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S})
endforeach()

# JSON against the published schemas: gpusize_add_shape_test(NAME SCHEMA argument...). For results without numbers
# (compat).
function(gpusize_add_shape_test name schema)
  if(GPUSIZE_SANITIZE) # the explain and cli tests run the same commands
    return()
  endif()
  add_test(NAME schema/${name} COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_schema.py"
    "${PROJECT_SOURCE_DIR}/data/schema/${schema}" "$<TARGET_FILE:gpusize_cli>" ${ARGN} --format json)
  set_tests_properties(schema/${name} PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S} SKIP_RETURN_CODE 77)
endfunction()
# The same, and `explain` asked for every number: gpusize_add_schema_test(NAME SCHEMA argument...).
function(gpusize_add_schema_test name schema)
  gpusize_add_shape_test(${name} ${schema} ${ARGN})
  list(REMOVE_ITEM ARGN --explain) # what is embedded is not asked for
  add_test(NAME explain/${name} COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_explain.py"
    "$<TARGET_FILE:gpusize_cli>" ${ARGN})
  set_tests_properties(explain/${name} PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S})
endfunction()
gpusize_add_schema_test(estimate-decode estimate-1.schema.json estimate --model deepseek-7b --gpu H100-SXM5-80GB)
gpusize_add_schema_test(estimate-moe estimate-1.schema.json
  estimate --model deepseek-r1 --gpu H100-SXM5-80GB --tp 8 --phase prefill --explain)
gpusize_add_schema_test(estimate-all-inputs estimate-1.schema.json
  estimate --model deepseek-7b --gpu T4 --batch 3 --context 100 --new-tokens 2 --images 1 --image-tokens 9
  --memory-fraction 0.8 --max-batched-tokens 512 --max-sequences 16 --set num_hidden_layers=24 --mtp)
gpusize_add_schema_test(estimate-unfused estimate-1.schema.json
  estimate --model llama-3-8b --gpu L40S --engine llama.cpp-2024 --weights fp16 --phase prefill --context 512 --new-tokens 900)
gpusize_add_schema_test(plan plan-1.schema.json plan --model deepseek-7b --qps 500)
gpusize_add_schema_test(plan-owned plan-1.schema.json
  plan --model deepseek-r1 --qps 5 --price-basis owned --spare-nodes 1 --tpot-ms 60 --explain)
gpusize_add_schema_test(plan-infeasible plan-1.schema.json plan --model deepseek-r1 --qps 5 --gpu L4 --max-gpus 4)
gpusize_add_schema_test(train train-1.schema.json
  train --model llama-3-8b --tokens 1e9 --gpu H100-SXM5-80GB --gpus 8 --seq 2048 --explain)
gpusize_add_schema_test(train-point train-1.schema.json
  estimate --phase train --model deepseek-coder-1.3b --gpu H100-SXM5-80GB --seq 2048 --precision amp --explain)
gpusize_add_schema_test(train-grpo train-1.schema.json
  train --model llama-3-8b --objective grpo --prompt-tokens 512 --response-tokens 2048 --longest-response 8192
  --global-batch 512 --dataset-size 17k --gpu H100-SXM5-80GB --gpus 8 --explain)
gpusize_add_schema_test(train-ppo train-1.schema.json
  train --model llama-3-8b --objective ppo --prompt-tokens 512 --response-tokens 512 --global-batch 512 --round-sequences 1024
  --tokens 100M --offload-frozen --gpu H100-SXM5-80GB --gpus 16 --explain)
gpusize_add_schema_test(train-dpo train-1.schema.json
  estimate --phase train --model deepseek-coder-1.3b --objective dpo --global-batch 32 --seq 2048 --gpu H100-SXM5-80GB --explain)
gpusize_add_schema_test(train-infeasible train-1.schema.json
  train --model llama-3-70b --tokens 1e9 --gpu T4 --gpus 1)
gpusize_add_schema_test(train-from train-1.schema.json
  train --from "${PROJECT_SOURCE_DIR}/tests/data/training/megatron.sh" --gpu H100-SXM5-80GB --tp 8 --explain)
gpusize_add_schema_test(validate validate-1.schema.json
  validate "${PROJECT_SOURCE_DIR}/tests/data/measurements/small.csv" --predictions)
gpusize_add_schema_test(validate-kernels validate-1.schema.json
  validate "${PROJECT_SOURCE_DIR}/tests/data/calibrate/kernels.csv" --predictions)
set(calibrate_data "${PROJECT_SOURCE_DIR}/tests/data/calibrate")
gpusize_add_schema_test(calibrate calibrate-1.schema.json
  calibrate "${calibrate_data}/kernels.csv" --gpu H100-SXM5-80GB --explain)
gpusize_add_schema_test(calibrate-engine calibrate-1.schema.json
  calibrate "${calibrate_data}/bench.json" "${calibrate_data}/vllm.log" --gpu H100-SXM5-80GB --kv bf16)
gpusize_add_schema_test(simulate simulate-1.schema.json
  simulate --model deepseek-7b --gpu H100-SXM5-80GB --qps 5 --requests 300)
gpusize_add_schema_test(simulate-all simulate-1.schema.json
  simulate --model deepseek-7b --gpu H100-SXM5-80GB --qps 8 --replicas 3 --requests 300 --ttft-ms 500 --tpot-ms 40
  --burstiness 0.5 --lose-replicas 1 --lose-from-s 5 --lose-to-s 9 --draft-tokens 1 --acceptance 0.7 --turns 2 --explain)
gpusize_add_schema_test(workload workload-1.schema.json workload "${CMAKE_CURRENT_LIST_DIR}/workload/trace.csv")
gpusize_add_schema_test(gpus gpus-1.schema.json gpus)
gpusize_add_schema_test(gpus-card gpus-1.schema.json gpus H100-SXM5-80GB)
gpusize_add_schema_test(gpus-compare gpus-1.schema.json gpus H100-SXM5-80GB MI300X --compare)
gpusize_add_schema_test(models models-1.schema.json models)
gpusize_add_schema_test(models-card models-1.schema.json models deepseek-v3)
gpusize_add_schema_test(prices prices-1.schema.json prices)
gpusize_add_schema_test(prices-electricity prices-1.schema.json prices --kind electricity)
gpusize_add_schema_test(prices-datacenter prices-1.schema.json prices --kind datacenter)
gpusize_add_schema_test(prices-card prices-1.schema.json prices H100-SXM5-80GB)
gpusize_add_schema_test(tco tco-1.schema.json tco --model deepseek-7b --qps 50 --draws 500)
gpusize_add_schema_test(tco-all tco-1.schema.json tco --model deepseek-r1 --qps 5 --years 2.5 --growth 0.4
  --benefit-usd-per-year 5e6 --currency CNY --fx-rate 7.1 --draws 200 --config "${PROJECT_SOURCE_DIR}/configs/tco/defaults.yaml" --explain)
gpusize_add_schema_test(tco-day tco-1.schema.json tco --config "${PROJECT_SOURCE_DIR}/configs/tco/deepseek-day.yaml")

# FOCUS rows against a validator written from the specification.
add_test(NAME cli/tco/focus COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_focus.py"
  "$<TARGET_FILE:gpusize_cli>" tco --model deepseek-v3.2 --qps 20 --years 2.5 --growth 0.5 --draws 0
  --config "${PROJECT_SOURCE_DIR}/configs/tco/defaults.yaml")
set_tests_properties(cli/tco/focus PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S})
gpusize_add_schema_test(check check-1.schema.json
  check "${PROJECT_SOURCE_DIR}/tests/data/deploy/ok" --today 2026-11-26 --gpu H100-SXM5-80GB)
gpusize_add_schema_test(check-command check-1.schema.json
  check --gpu H200-SXM-141GB --format json -- vllm serve deepseek-r1 --tensor-parallel-size 8)

if(NOT GPUSIZE_SANITIZE)
add_test(NAME cli/examples COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_examples.py"
  "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}")
set_tests_properties(cli/examples PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S})
endif()
add_test(NAME cli/check-formats COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_formats.py"
  "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}/tests/data/deploy/err")
set_tests_properties(cli/check-formats PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S})
gpusize_add_schema_test(diff diff-1.schema.json
  diff "${PROJECT_SOURCE_DIR}/configs/ci/example/bad" "${PROJECT_SOURCE_DIR}/configs/ci/example/good" --today 2026-11-26)
gpusize_add_shape_test(compat compat-1.schema.json compat --gpu A100-SXM4-80GB)
gpusize_add_shape_test(compat-questions compat-1.schema.json
  compat --gpu H100-SXM5-80GB --engine vllm@0.14 --cuda 12.8 --driver 570.86 --dtype fp8)
gpusize_add_schema_test(levers levers-1.schema.json levers --model llama-3.1-8b --gpu H100-SXM5-80GB --cache-hit-share 0.4)
gpusize_add_schema_test(levers-moe levers-1.schema.json
  levers --model deepseek-v3 --gpu H200-SXM-141GB --tp 8 --batch 32 --tpot-ms 40 --rank-by tpot --explain)
gpusize_add_schema_test(levers-draft levers-1.schema.json levers --model llama-3.1-70b --gpu H100-SXM5-80GB --tp 4
  --batch 4 --draft-model llama-3.1-8b --draft-acceptance 0.8 --draft-tokens 4)
gpusize_add_schema_test(levers-train levers-1.schema.json
  levers --phase train --model llama-3-8b --gpu H100-SXM5-80GB --dp 8 --seq 2048)
gpusize_add_schema_test(mig mig-1.schema.json mig --gpu A100-SXM4-80GB)
gpusize_add_schema_test(mig-fit mig-1.schema.json
  mig --gpu A100-SXM4-80GB --fit qwen3-0.6b deepseek-r1-distill-qwen-1.5b --explain)
gpusize_add_schema_test(pool pool-1.schema.json pool "${PROJECT_SOURCE_DIR}/configs/pool/company.yaml" --explain)
gpusize_add_schema_test(pool-infeasible pool-1.schema.json pool "${CMAKE_CURRENT_LIST_DIR}/pool/small.yaml")
# Never dearer than the models planned one by one.
add_test(NAME cli/pool-alone COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_pool.py"
  "$<TARGET_FILE:gpusize_cli>")
set_tests_properties(cli/pool-alone PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S})
gpusize_add_schema_test(plan-slices plan-1.schema.json
  plan --model deepseek-r1-distill-qwen-1.5b --qps 2 --gpu H100-SXM5-80GB --mig --share mps:4 --explain)
# Plans written for every target and read back by check; Kubernetes and compose files against reduced schemas.
# Under sanitizers one plan per engine and kind of card is enough.
set(GPUSIZE_ROUND_TRIPS vllm-nodes sglang-moe tensorrt-llm mig)
if(NOT GPUSIZE_SANITIZE)
  list(APPEND GPUSIZE_ROUND_TRIPS vllm vllm-fp8 vllm-moe vllm-amd sglang mps
    vllm-layouts sglang-layouts tensorrt-llm-layouts)
endif()
foreach(case ${GPUSIZE_ROUND_TRIPS})
  add_test(NAME cli/manifest-${case} COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_manifest.py"
    "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}/tests/data/manifest/schemas" ${case})
  set_tests_properties(cli/manifest-${case} PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S} SKIP_RETURN_CODE 77)
endforeach()
add_test(NAME cli/manifest-train COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_train_manifest.py"
  "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}/tests/data/manifest/schemas")
set_tests_properties(cli/manifest-train PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S} SKIP_RETURN_CODE 77)
add_test(NAME cli/check-corpus COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_corpus.py"
  "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}/tests/data")
set_tests_properties(cli/check-corpus PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S})
add_test(NAME cli/check-rules COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_rules.py"
  "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}/tests/data/deploy/rules")
set_tests_properties(cli/check-rules PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S})
# The official schema and rules of SARIF, by the validator of its makers (scripts/deps --optional sarif).
add_test(NAME cli/sarif-multitool COMMAND Python3::Interpreter "${CMAKE_CURRENT_LIST_DIR}/check_sarif.py"
  "$<TARGET_FILE:gpusize_cli>" "${PROJECT_SOURCE_DIR}/tests/data/deploy")
set_tests_properties(cli/sarif-multitool PROPERTIES LABELS "cli;slow" TIMEOUT 300 SKIP_RETURN_CODE 77)
