#!/usr/bin/env python3
"""Times whole forward passes of models with random weights, each as one CUDA graph; writes rows of the measurements
file (engine cuda-graph). Needs PyTorch with CUDA and Triton. Several GPUs, tensor parallel:

    torchrun --nproc-per-node N steps.py ...

usage: steps.py --date YYYY-MM-DD --gpu H200-SXM-141GB [--fast-accum] [--one-shot-kib N] [--output FILE] MODEL[:fp8]...
"""

import argparse
import csv
import os
import sys

import torch

import model as models
from parallel import Alone, Tensor
from timing import captured, replay_us

DECODE = [(1, 512), (1, 2048), (1, 4096), (8, 2048), (16, 1024), (32, 2048), (64, 1024), (64, 2048), (128, 512),
          (128, 1024), (256, 512)]
PREFILL = [(1, 128), (1, 512), (1, 1024), (1, 2048), (1, 4096), (1, 8192), (4, 2048), (8, 512)]
COLUMNS = ["id", "source", "source_ref", "year", "model", "overrides", "weights", "kv", "gpu", "gpus", "nodes", "tp", "pp",
           "ep", "dp", "moe_tp", "moe_ep", "attention_dp", "engine", "engine_version", "serving", "spec", "mode",
           "load", "load_value", "input_len", "output_len", "metric", "value", "unit", "model_as_printed",
           "weights_as_printed", "notes"]
SPARE = 3e9  # bytes left for activations and the library's workspaces


def note(spread, replays, fast, group, one_shot_kib):
    parts = [f"torch {torch.__version__.split('+')[0]}", f"median of {replays}, spread {spread:.1f} %"]
    if fast:
        parts.append("fast accumulation")
    if group.ranks > 1:
        parts.append("NCCL " + ".".join(map(str, torch.cuda.nccl.version())) + " without multicast")
        if one_shot_kib:
            parts.append(f"sums of up to {one_shot_kib} KiB by a one-shot kernel")
    return "; ".join(parts)


def timed(model, store, sequences, length, decode):
    tokens = torch.randint(0, model.c.vocab, (sequences * (1 if decode else length),), device=models.DEVICE)
    cache = model.cache(store, sequences, length)
    graph = captured(lambda: model.step(tokens, cache, sequences, length, decode))
    result = replay_us(graph, model.group.agreed)
    del graph
    return result


def rows_of(name, weights, args, group):
    config = models.CONFIGS[name]
    fast = "-fast" if weights == "fp8" and args.fast_accum else ""
    models.Linear.fast_accum = args.fast_accum
    torch.manual_seed(0)  # the same router and tokens on every GPU
    model = models.Model(config, weights == "fp8", group)
    torch.cuda.synchronize()
    free = group.agreed(torch.cuda.mem_get_info()[0])
    catalog, overrides = models.CATALOG.get(name, (name, ""))
    points = [(True, *p) for p in DECODE] + [(False, *p) for p in PREFILL]
    fitting = [p for p in points if 2 * model.cache_values(*p[1:]) < free - SPARE]
    store = torch.empty(max(model.cache_values(*p[1:]) for p in fitting), dtype=torch.bfloat16, device=models.DEVICE)
    for piece in store.split(1 << 30):
        piece.normal_()
    for number, (decode, sequences, length) in enumerate(fitting):
        try:
            us, spread, replays = timed(model, store, sequences, length, decode)
        except (RuntimeError, torch.cuda.OutOfMemoryError) as error:
            print(f"error: {name} {decode} {sequences}x{length}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        if group.rank == 0:
            print(f"{name} {weights} tp{group.ranks} {'decode' if decode else 'prefill'} {sequences}x{length}: "
                  f"{us / 1e3:.4f} ms ({spread:.1f} %)", file=sys.stderr, flush=True)
        short = args.gpu.split("-")[0].lower()
        tp = f"-tp{group.ranks}" if group.ranks > 1 else ""
        yield {"id": f"S-{short}-{name}-{weights}{fast}{tp}-{number:02d}", "source": f"own step timing {short}",
               "source_ref": "timed for this project", "year": args.date[:4], "model": catalog, "overrides": overrides,
               "weights": weights, "kv": "bf16", "gpu": args.gpu, "gpus": group.ranks, "nodes": 1, "tp": group.ranks,
               "pp": 1, "ep": 1, "dp": 1,
               "engine": "cuda-graph", "spec": "none", "mode": "decode-step" if decode else "prefill-step",
               "load": "batch", "load_value": sequences, "input_len": length, "output_len": int(decode),
               "metric": "step_ms", "value": f"{us / 1e3:.4f}", "unit": "ms", "model_as_printed": name,
               "weights_as_printed": weights,
               "notes": note(spread, replays, fast, group, args.one_shot_kib)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL[:fp8]", help=", ".join(models.CONFIGS))
    parser.add_argument("--date", required=True)
    parser.add_argument("--gpu", required=True, help="the catalog's id of this GPU")
    parser.add_argument("--fast-accum", action="store_true", help="fp8 products sum in fewer bits")
    parser.add_argument("--one-shot-kib", type=int, default=0,
                        help="several GPUs: sums of up to this size by a one-shot kernel; 0: all by NCCL")
    parser.add_argument("--output", help="CSV file; default standard output")
    args = parser.parse_args()
    group = Tensor(args.one_shot_kib * 1024) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else Alone()
    if group.rank > 0:
        args.output = os.devnull
    out = open(args.output, "w", newline="", encoding="utf-8") if args.output else sys.stdout
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for each in args.models:
        name, _, weights = each.partition(":")
        try:
            with torch.inference_mode():
                for row in rows_of(name, weights or "bf16", args, group):
                    writer.writerow(row)
                    out.flush()
        except RuntimeError as error:
            print(f"error: {each}: {str(error).splitlines()[0]}", file=sys.stderr)
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
