#!/usr/bin/env bash
sudo docker run --gpus=4 --shm-size 1g -p 8080:80 ghcr.io/huggingface/text-generation-inference:3.3.4 --model-id meta-llama/Llama-3.3-70B-Instruct --num-shard 4
podman run -it --rm --device nvidia.com/gpu=all nvcr.io/nvidia/tensorrt-llm/release:1.0.0 trtllm-serve Qwen/Qwen3-8B --tp_size 2
