#!/bin/sh
# expect: GS101
# gpusize: gpu=L40S
# 70.6e9 parameters of 16 bits are 131 GiB, the card has 45.
MODEL=${MODEL:-meta-llama/Llama-3.3-70B-Instruct}
exec python3 -m sglang.launch_server --model-path "$MODEL" --context-length 16384 --port 8000
