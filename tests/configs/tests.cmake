# The examples of configs/ run as the guides show them.
add_test(NAME configs/catalog COMMAND gpusize_cli plan --model deepseek-r1-distill-qwen-14b --qps 20
  --catalog "${PROJECT_SOURCE_DIR}/configs/catalog" --workload contact-centre --price-tier contract --gpu h100 --gpu h200)
set_tests_properties(configs/catalog PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S}
  PASS_REGULAR_EXPRESSION "quotes? of tier contract")
add_test(NAME configs/pool COMMAND gpusize_cli pool "${PROJECT_SOURCE_DIR}/configs/pool/company.yaml")
set_tests_properties(configs/pool PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S} PASS_REGULAR_EXPRESSION "USD a month")
# A published day line by line: 226.75 nodes x 8 x 24 h at 2 USD; 342 billion cache hits at 0.14 USD a million, 266 billion
# misses at 0.55, 168 billion output tokens at 2.19.
add_test(NAME configs/tco-deepseek-day COMMAND gpusize_cli tco --draws 0
  --config "${PROJECT_SOURCE_DIR}/configs/tco/deepseek-day.yaml")
set_tests_properties(configs/tco-deepseek-day PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S}
  PASS_REGULAR_EXPRESSION "545.6 %.*87,072.00.*47,880.00.*146,300.00.*367,920.00.*562,100.00")
add_test(NAME configs/tco-bank COMMAND gpusize_cli tco --model deepseek-r1-distill-qwen-32b --qps 6 --input-tokens 6000
  --output-tokens 800 --config "${PROJECT_SOURCE_DIR}/configs/tco/bank.yaml" --scenario own,rent,hybrid)
set_tests_properties(configs/tco-bank PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S} PASS_REGULAR_EXPRESSION "payback")

add_test(NAME configs/ci-good COMMAND gpusize_cli check "${PROJECT_SOURCE_DIR}/configs/ci/example/good" --today 2026-11-26)
set_tests_properties(configs/ci-good PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S} PASS_REGULAR_EXPRESSION "0 errors, 0 warnings")
add_test(NAME configs/ci-bad COMMAND gpusize_cli check "${PROJECT_SOURCE_DIR}/configs/ci/example/bad" --today 2026-11-26)
set_tests_properties(configs/ci-bad PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S} PASS_REGULAR_EXPRESSION "GS101")
# Both classes of the load's file are in the result.
add_test(NAME configs/load-shop COMMAND gpusize_cli simulate --model llama-3.1-8b --gpu h100-sxm --replicas 2 --requests 500
  --format json --workload "${PROJECT_SOURCE_DIR}/configs/load/shop.yaml")
set_tests_properties(configs/load-shop PROPERTIES LABELS cli TIMEOUT ${GPUSIZE_HANG_S}
  PASS_REGULAR_EXPRESSION "\"name\": \"chat\".*\"name\": \"report\"")
