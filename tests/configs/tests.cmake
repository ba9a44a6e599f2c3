# The examples of configs/ run as the guides show them.
add_test(NAME configs/catalog COMMAND gpusize_cli plan --model deepseek-r1-distill-qwen-14b --qps 20
  --catalog "${PROJECT_SOURCE_DIR}/configs/catalog" --workload contact-centre --price-tier contract --gpu h100 --gpu h200)
set_tests_properties(configs/catalog PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S}
  PASS_REGULAR_EXPRESSION "quotes? of tier contract")
