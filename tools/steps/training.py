#!/usr/bin/env python3
"""Times training steps of models with random weights under transformers on one GPU and writes rows of the training
measurements file: median time of a step, PyTorch's peak of allocated bytes. Needs PyTorch with CUDA and transformers.

usage: training.py --date YYYY-MM-DD --gpu H100-SXM5-80GB [--output FILE] [--only ID-PART]
"""

import argparse
import csv
import dataclasses
import gc
import statistics
import sys
import time

import torch
import transformers

COLUMNS = ["id", "source", "source_ref", "year", "model", "params_b", "layers", "hidden", "heads", "seq_len", "vocab",
           "precision", "gpu", "gpus", "tp", "pp", "dp", "cp", "ep", "zero_stage", "micro_batch", "global_batch",
           "recompute", "metric", "value", "engine", "method", "optimizer", "lora_rank", "unit", "model_as_printed",
           "notes"]
ADAPTED = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
RANK = 16
WARM_UP, TIMED = 2, 5

# name: (config class, hidden, ffn, layers, heads, kv heads, vocabulary)
MODELS = {
    "deepseek-coder-1.3b": (transformers.LlamaConfig, 2048, 5504, 24, 16, 16, 32256),
    "deepseek-llm-7b": (transformers.LlamaConfig, 4096, 11008, 30, 32, 32, 102400),
    "deepseek-r1-distill-qwen-1.5b": (transformers.Qwen2Config, 1536, 8960, 28, 12, 2, 151936),
    "deepseek-r1-distill-qwen-7b": (transformers.Qwen2Config, 3584, 18944, 28, 28, 4, 152064),
    "qwen3-8b": (transformers.Qwen3Config, 4096, 12288, 36, 32, 8, 151936),
}


@dataclasses.dataclass(frozen=True)
class Point:
    """One configuration; `amp`: fp32 weights under bf16 autocast, else everything in bf16."""

    model: str
    seq: int
    batch: int
    recompute: bool = False
    amp: bool = False
    lora: bool = False
    optimizer: str = "adamw"
    layers: int = 0


POINTS = [
    Point("deepseek-coder-1.3b", 1024, 1, amp=True),
    Point("deepseek-coder-1.3b", 2048, 4, amp=True),
    Point("deepseek-coder-1.3b", 4096, 4, amp=True, recompute=True),
    Point("deepseek-coder-1.3b", 512, 8, amp=True),
    Point("deepseek-coder-1.3b", 2048, 2),
    Point("deepseek-coder-1.3b", 2048, 8, recompute=True),
    Point("deepseek-coder-1.3b", 2048, 2, amp=True, optimizer="sgd"),
    Point("deepseek-coder-1.3b", 2048, 4, lora=True),
    Point("deepseek-r1-distill-qwen-1.5b", 2048, 2, amp=True),
    Point("deepseek-r1-distill-qwen-1.5b", 2048, 4, amp=True, recompute=True),
    Point("deepseek-r1-distill-qwen-1.5b", 4096, 1),
    Point("deepseek-r1-distill-qwen-1.5b", 1024, 4, lora=True),
    Point("deepseek-llm-7b", 2048, 2, lora=True),
    Point("deepseek-llm-7b", 2048, 8, lora=True, recompute=True),
    Point("deepseek-llm-7b", 512, 2, lora=True),
    Point("deepseek-llm-7b", 1024, 2),
    Point("deepseek-llm-7b", 1024, 2, amp=True, recompute=True, layers=8),
    Point("deepseek-r1-distill-qwen-7b", 1024, 2, lora=True),
    Point("deepseek-r1-distill-qwen-7b", 4096, 1, lora=True, recompute=True),
    Point("deepseek-r1-distill-qwen-7b", 1024, 1, recompute=True),
    Point("qwen3-8b", 2048, 1, lora=True),
    Point("qwen3-8b", 2048, 4, lora=True, recompute=True),
    Point("qwen3-8b", 2048, 1, amp=True, layers=6),
]


class Adapter(torch.nn.Module):
    """LoRA (Hu et al. 2021, section 4.1): the frozen linear plus a product of two thin trained ones."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        options = {"bias": False, "device": base.weight.device, "dtype": base.weight.dtype}
        self.down = torch.nn.Linear(base.in_features, RANK, **options)
        self.up = torch.nn.Linear(RANK, base.out_features, **options)
        torch.nn.init.zeros_(self.up.weight)

    def forward(self, x):
        return self.base(x) + self.up(self.down(x))


def adapt(model):
    model.requires_grad_(False)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if name in ADAPTED:
                setattr(module, name, Adapter(child))


def build(point):
    kind, hidden, ffn, layers, heads, kv_heads, vocab = MODELS[point.model]
    config = kind(hidden_size=hidden, intermediate_size=ffn, num_hidden_layers=point.layers or layers,
                  num_attention_heads=heads, num_key_value_heads=kv_heads, vocab_size=vocab, head_dim=128,
                  max_position_embeddings=8192, tie_word_embeddings=False, use_cache=False)
    config._attn_implementation = "sdpa"
    with torch.device("cuda"):
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32 if point.amp else torch.bfloat16)
    if point.lora:
        adapt(model)
    if point.recompute:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.train()
    return model


def measure(point):
    """(seconds of a step, peak bytes allocated, trained parameters, all parameters)."""
    torch.manual_seed(0)
    model = build(point)
    trained = [p for p in model.parameters() if p.requires_grad]
    if point.optimizer == "adamw":
        optimizer = torch.optim.AdamW(trained, lr=1e-5, fused=True)
    else:
        optimizer = torch.optim.SGD(trained, lr=1e-5, fused=True)
    vocab = MODELS[point.model][6]
    tokens = torch.randint(0, vocab, (point.batch, point.seq), device="cuda")
    torch.cuda.reset_peak_memory_stats()
    times = []
    for _ in range(WARM_UP + TIMED):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=point.amp):
            loss = model(input_ids=tokens, labels=tokens).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    counts = [sum(p.numel() for p in parameters) for parameters in (trained, model.parameters())]
    return statistics.median(times[WARM_UP:]), torch.cuda.max_memory_allocated(), *counts


def rows_of(number, point, args):
    seconds, peak, trained, total = measure(point)
    print(f"{point}: {seconds:.4f} s, {peak / 1e9:.3f} GB", file=sys.stderr, flush=True)
    _, hidden, _, layers, heads, _, vocab = MODELS[point.model]
    short = args.gpu.split("-")[0].lower()
    row = {"source": f"own training run {short}, second set", "source_ref": "timed for this project",
           "year": args.date[:4], "model": point.model, "params_b": f"{total / 1e9:.4f}",
           "layers": point.layers or layers, "hidden": hidden, "heads": heads, "seq_len": point.seq, "vocab": vocab,
           "precision": "bf16 autocast, fp32 weights" if point.amp else "pure bf16", "gpu": args.gpu, "gpus": 1,
           "tp": 1, "pp": 1, "dp": 1, "cp": 1, "ep": 1, "zero_stage": 0, "micro_batch": point.batch,
           "global_batch": point.batch, "recompute": "full" if point.recompute else "none",
           "engine": "transformers (eager, sdpa)", "method": "lora" if point.lora else "full",
           "optimizer": point.optimizer, "lora_rank": RANK if point.lora else "", "model_as_printed": point.model,
           "notes": f"trainable={trained}; lora on q,k,v,o,gate,up,down, 16-bit adapters; transformers {transformers.__version__}, "
                    f"torch {torch.__version__.split('+')[0]}, fused optimizer"}
    identity = f"TR2-{short}-{number:03d}"
    yield row | {"id": identity + "a", "metric": "iter_time_s", "value": f"{seconds:.5f}", "unit": "s"}
    yield row | {"id": identity + "b", "metric": "memory_bytes_peak_allocated", "value": peak, "unit": "B"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--date", required=True)
    parser.add_argument("--gpu", required=True, help="the catalog's id of this GPU")
    parser.add_argument("--only", default="", help="points of this model only")
    parser.add_argument("--output", help="CSV file; default standard output")
    args = parser.parse_args()
    out = open(args.output, "w", newline="", encoding="utf-8") if args.output else sys.stdout
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for number, point in enumerate(POINTS):
        if args.only and args.only != point.model:
            continue
        try:
            writer.writerows(rows_of(number, point, args))
            out.flush()
        except (RuntimeError, torch.cuda.OutOfMemoryError) as error:
            print(f"error: {point}: {str(error).splitlines()[0]}", file=sys.stderr)
        gc.collect()
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
