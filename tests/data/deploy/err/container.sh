#!/bin/bash
# expect: GS203 GS505
# gpusize: gpu=H100-SXM5-80GB
docker run --rm --gpus 1 -p 8000:8000 \
  -v "$HOME/.cache/huggingface:/root/.cache/huggingface" \
  vllm/vllm-openai:v0.11.0 \
  --model meta-llama/Llama-3.1-8B --tensor-parallel-size 2 --max-model-len 16384
