#!/bin/bash
# expect: clean
# gpusize: gpu=H100-SXM5-80GB
docker run --rm --gpus '"device=0,1"' --ipc host -p 8000:8000 \
  -v "$HOME/.cache/huggingface:/root/.cache/huggingface" \
  vllm/vllm-openai:v0.11.0 \
  --model meta-llama/Llama-3.1-8B --tensor-parallel-size 2 --max-model-len 16384
