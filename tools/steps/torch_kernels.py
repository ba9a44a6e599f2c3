#!/usr/bin/env python3
"""Times PyTorch's kernels one by one (attention by FlashAttention 2 and cuDNN, grouped GEMM, linear layers, rms_norm)
and writes rows in the columns of the kernel tables. Inputs are random and rotated past the L2 cache.

usage: torch_kernels.py [--output FILE] [--only decode|prefill|grouped|gemm|norm]...
"""

import argparse
import csv
import sys

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from timing import call_us

COLUMNS = ["gpu", "op", "dtype", "variant", "m", "n", "k", "batch", "q_heads", "kv_heads", "head_dim", "q_len", "kv_len",
           "experts", "us", "tflops", "gbps", "spread_pct"]
BACKENDS = {"fa2": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}
HEADS = [(32, 32), (32, 8), (40, 8), (64, 8)]
GROUPS = [("v3.gate_up.ep8", 4096, 7168, 32, [32, 128, 512, 2048, 8192, 32768]),
          ("v3.down.ep8", 7168, 2048, 32, [32, 128, 512, 2048, 8192, 32768]),
          ("v3.gate_up.ep32", 4096, 7168, 8, [8, 64, 256, 1024, 2048, 8192]),
          ("v2lite.gate_up", 2816, 2048, 64, [64, 512, 2048, 8192, 32768]),
          ("v2lite.down", 2048, 1408, 64, [64, 512, 2048, 8192, 32768])]
MATRICES = [("ds7b.gate_up", 22016, 4096), ("ds7b.down", 4096, 11008), ("ds67b.tp8.o", 8192, 1024), ("v3.kv_a", 576, 7168)]


def slots_for(size, reserve=2.0):
    """Sets of inputs that exceed the cache two and a half times and fit into a share of free memory."""
    l2 = torch.cuda.get_device_properties(0).L2_cache_size
    room = torch.cuda.mem_get_info()[0] / reserve
    return max(1, min(int(2.5 * l2 / size) + 1, 48, int(room / size)))


def randn(*shape):
    return torch.empty(*shape, dtype=torch.bfloat16, device="cuda").normal_()


def row(op, variant, us, flop, size, **shape):
    time, spread = us
    return {"gpu": torch.cuda.get_device_name(0), "op": op, "dtype": "bf16", "variant": variant, **shape,
            "us": f"{time:.3f}", "tflops": f"{flop / time * 1e-6:.2f}", "gbps": f"{size / time * 1e-3:.1f}",
            "spread_pct": f"{spread:.1f}"}


def attention(op, batch, heads, kv_heads, q_len, kv_len, d=128):
    size = 2 * batch * kv_heads * kv_len * d * 2 + 2 * batch * heads * q_len * d * 2
    if size > 0.6 * torch.cuda.mem_get_info()[0]:
        return
    slots = slots_for(size)
    q = [randn(batch, heads, q_len, d) for _ in range(slots)]
    k = [randn(batch, kv_heads, kv_len, d) for _ in range(slots)]
    v = [randn(batch, kv_heads, kv_len, d) for _ in range(slots)]
    causal = q_len > 1
    flop = 4 * batch * heads * q_len * kv_len * d / (2 if causal else 1)
    for name, backend in BACKENDS.items():
        def call(i, backend=backend):
            with sdpa_kernel(backend):
                F.scaled_dot_product_attention(q[i], k[i], v[i], is_causal=causal, enable_gqa=heads != kv_heads)
        yield row(op, name, call_us(call, slots), flop, size, batch=batch, q_heads=heads, kv_heads=kv_heads,
                  head_dim=d, q_len=q_len, kv_len=kv_len)


def decode():
    for heads, kv_heads in HEADS:
        for batch in (1, 4, 16, 32, 64, 128):
            for kv_len in (512, 1024, 2048, 4096, 16384):
                yield from attention("attn_decode", batch, heads, kv_heads, 1, kv_len)


def prefill():
    for heads, kv_heads in HEADS + [(16, 16)]:
        for length in (256, 512, 1024, 2048, 4096, 8192, 16384):
            yield from attention("attn_prefill_causal", 1, heads, kv_heads, length, length)


def grouped():
    for name, n, k, experts, counts in GROUPS:
        slots = slots_for(2 * experts * n * k)
        weight = [randn(experts, n, k).transpose(-2, -1) for _ in range(slots)]
        for rows in counts:
            x = [randn(rows, k) for _ in range(slots)]
            ends = torch.arange(1, experts + 1, device="cuda", dtype=torch.int32) * (rows // experts)
            us = call_us(lambda i, x=x, ends=ends: torch._grouped_mm(x[i], weight[i], offs=ends), slots)
            yield row("grouped_gemm", name, us, 2 * rows * n * k, 2 * (experts * n * k + rows * (n + k)), m=rows, n=n,
                      k=k, experts=experts)


def gemm():
    for name, n, k in MATRICES:
        slots = slots_for(2 * n * k)
        weight = [randn(n, k) for _ in range(slots)]
        for m in (1, 16, 64, 256, 1024, 4096):
            x = [randn(m, k) for _ in range(slots)]
            us = call_us(lambda i, x=x: F.linear(x[i], weight[i]), slots)
            yield row("gemm", name, us, 2 * m * n * k, 2 * (n * k + m * (n + k)), m=m, n=n, k=k)


def norm():
    for width in (4096, 7168):
        weight = randn(width)
        for rows in (1, 64, 1024, 8192):
            slots = slots_for(4 * rows * width)
            x = [randn(rows, width) for _ in range(slots)]
            us = call_us(lambda i, x=x: F.rms_norm(x[i], (width,), weight), slots)
            yield row("rms_norm", "torch", us, 0, 4 * rows * width, m=rows, n=width)


def guarded(rows, name):
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except RuntimeError as error:  # one shape that a library refuses costs its operator, not the run
            print(f"error: {name}: {str(error).splitlines()[0]}", file=sys.stderr)
            return


def main():
    operators = {"decode": decode, "prefill": prefill, "grouped": grouped, "gemm": gemm, "norm": norm}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", help="CSV file; default standard output")
    parser.add_argument("--only", action="append", choices=list(operators))
    args = parser.parse_args()
    out = open(args.output, "w", newline="", encoding="utf-8") if args.output else sys.stdout
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    with torch.inference_mode():
        for name in args.only or operators:
            for each in guarded(operators[name](), name):
                writer.writerow(each)
                out.flush()
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
