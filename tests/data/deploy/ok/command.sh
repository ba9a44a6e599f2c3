#!/bin/sh
# expect: clean
# gpusize: gpu=L40S
MODEL=${MODEL:-meta-llama/Llama-3.1-8B}
exec python3 -m sglang.launch_server --model-path "$MODEL" --context-length 16384 --port 8000
