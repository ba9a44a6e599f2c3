#!/usr/bin/env python3
"""docs/training-examples.md from the program's own answers: seven documented runs with their output, and the claim of "up to
20B on one A100-80GB" for inference, LoRA, QLoRA and full training.

    training_pages.py GPUSIZE            write the page to standard output
    training_pages.py GPUSIZE PAGE       compare with PAGE; exit code 1 when it differs"""

import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys

RUNS = [
    ("Full fine-tuning of 7B",
     "train --model deepseek-llm-7b --framework fsdp2 --tokens 1B --gpu H100-SXM5-80GB --gpus 8"),
    ("LoRA of 70B", "train --model llama-3-70b --method lora --tokens 100M --gpu H100-SXM5-80GB --gpus 8"),
    ("QLoRA of 671B", "train --model deepseek-v3 --method qlora --tokens 100M --gpu H100-SXM5-80GB --gpus 8"),
    ("DPO of 7B", "train --model deepseek-llm-7b --objective dpo --seq 2048 --global-batch 128 --dataset-size 60k "
     "--gpu H100-SXM5-80GB --gpus 8"),
    ("GRPO of 8B, eight responses to a prompt, the longest 8,192 tokens",
     "train --model llama-3-8b --objective grpo --prompt-tokens 512 --response-tokens 2048 --longest-response 8192 "
     "--global-batch 512 --dataset-size 17k --gpu H100-SXM5-80GB --gpus 8"),
    ("PPO of 8B, reference and reward model on the host",
     "train --model llama-3-8b --objective ppo --prompt-tokens 512 --response-tokens 512 --global-batch 512 "
     "--dataset-size 100k --offload-frozen --gpu H100-SXM5-80GB --gpus 16"),
    ("Pre-training a V3-like model on 2,048 H800",
     "train --model deepseek-v3 --mtp --tokens 14.8T --gpu H800-SXM5-80GB --gpus 2048 --precision fp8-block "
     "--framework hai-llm --global-batch 15360 --tp 1 --pp 16 --ep 64 --micro-batch 1 --zero 1 --schedule dualpipe --recompute selective"),
]

SHAPE = "deepseek-r1-distill-qwen-32b"  # layers of 5,120 wide; their number is what varies
CARD = "A100-SXM4-80GB"
POINT = f"estimate --phase train --model {SHAPE} --gpu {CARD} --micro-batch 1"
SERVE = f"estimate --model {SHAPE} --gpu {CARD} --batch 1 --context 4096"
CASES = [
    ("inference, fp16 weights", f"{SERVE} --weights fp16"),
    ("inference, int8 weights", f"{SERVE} --weights int8"),
    ("inference, 4-bit weights", f"{SERVE} --weights awq"),
    ("LoRA, bf16 weights", f"{POINT} --seq 2048 --method lora --recompute full"),
    ("LoRA, bf16 weights, nothing recomputed", f"{POINT} --seq 2048 --method lora"),
    ("QLoRA, NF4 weights", f"{POINT} --seq 2048 --method qlora --recompute full"),
    ("full training, fp32 weights under autocast, AdamW", f"{POINT} --seq 2048 --precision amp --recompute full"),
    ("full training, 16-bit weights beside fp32 masters, AdamW",
     f"{POINT} --seq 2048 --precision mixed --recompute full --framework deepspeed"),
    ("full training, pure bf16, AdamW", f"{POINT} --seq 2048 --precision pure --recompute full"),
    ("full training, pure bf16, 8-bit Adam", f"{POINT} --seq 2048 --precision pure --optimizer adam8bit --recompute full"),
    ("full training, states on the host",
     f"{POINT} --seq 2048 --precision mixed --recompute full --framework deepspeed --offload"),
]
MOST = 400  # layers tried at most

HEAD = """# Training: seven runs, and what fits on one card

Written by `cmake --build build/test --target docs` from `tests/docs/training_pages.py`; the tests run every command and
compare this page.
"""


def run(binary, command):
    done = subprocess.run([binary, *shlex.split(command)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"gpusize {command}\n{done.stderr}")
    return done.stdout


def answer(binary, command, layers):
    return json.loads(run(binary, f"{command} --set num_hidden_layers={layers} --format json"))


def fits(document):
    if document["command"] == "estimate":
        return document["fits"]
    return document["status"] == "feasible"


def largest(binary, command):
    """Layers of the largest model that fits."""
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        if fits(answer(binary, command, middle)):
            low = middle
        else:
            high = middle
    return low


def parameters(binary, layers):
    """Billions of parameters, by the program's own count."""
    document = answer(binary, f"{SERVE} --weights fp16", layers)
    return document["parameters"]["total"] / 1e9


def limits(binary):
    lines = ["\n## The rule of thumb: up to 20B on one A100-80GB\n",
             "The largest model of one shape (hidden 5,120, grouped-query attention, feed-forward 27,648, vocabulary 152,064: the",
             "layers of a 32B model) that fits, found by halving the number of layers; one sequence: 4,096 tokens of context for",
             "inference, 2,048 for training.\n",
             "| use | largest that fits | layers | 20B |", "|---|---:|---:|---|"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda case: largest(binary, case[1]), CASES))
    for (name, _), layers in zip(CASES, found):
        size = parameters(binary, layers) if layers else 0.0
        lines.append(f"| {name} | {size:.1f}B | {layers} | {'fits' if size >= 20 else 'does not fit'} |")
    lines += ["\n\"Up to 20B\" is none of the limits. Inference in 16 bits and LoRA take more, inference and QLoRA in 4 bits several times",
              "more. Full training takes less: little with fp32 states, more the fewer bits weights, gradients and moments have, and 20B",
              "only where the states lie in the host's memory.\n",
              "The commands, each with `--set num_hidden_layers=N`:\n"]
    lines += [f"- {name}: `gpusize {command}`" for name, command in CASES]
    return "\n".join(lines) + "\n"


def page(binary):
    parts = [HEAD]
    for title, command in RUNS:
        text = run(binary, command).rstrip("\n")
        parts.append(f"\n## {title}\n\n    $ gpusize {command}\n" +
                     "\n".join(f"    {line}".rstrip() for line in text.splitlines()) + "\n")
    parts.append(limits(binary))
    return "".join(parts)


def main():
    text = page(sys.argv[1])
    if len(sys.argv) < 3:
        sys.stdout.write(text)
    elif pathlib.Path(sys.argv[2]).read_text(encoding="utf-8") != text:
        sys.exit(f"{sys.argv[2]} is not what the commands answer; build the target \"docs\" to write it anew")


main()
