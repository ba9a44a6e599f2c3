"""The small kernels between the matrix products, fused as engines fuse them (Triton)."""

import torch
import triton
import triton.language as tl


@triton.jit
def _add_rms_norm(x, residual, weight, out, width, block: tl.constexpr, eps: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * width
    column = tl.arange(0, block)
    inside = column < width
    v = tl.load(x + at + column, mask=inside, other=0.0).to(tl.float32)
    v += tl.load(residual + at + column, mask=inside, other=0.0).to(tl.float32)
    tl.store(residual + at + column, v.to(tl.bfloat16), mask=inside)
    scale = tl.rsqrt(tl.sum(v * v, 0) / width + eps)
    w = tl.load(weight + column, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + at + column, (v * scale * w).to(tl.bfloat16), mask=inside)


def add_rms_norm(x, residual, weight, out):
    """residual += x; out = rms_norm(residual)."""
    rows, width = x.shape
    block = triton.next_power_of_2(width)
    _add_rms_norm[(rows,)](x, residual, weight, out, width, block, 1e-6, num_warps=8 if block >= 4096 else 4)


@triton.jit
def _rope(qkv, table, q, keys, values, q_heads, kv_heads, length, decode: tl.constexpr, norm: tl.constexpr,
          group: tl.constexpr):
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1) * group + tl.arange(0, group)[:, None]
    half = tl.arange(0, 64)[None, :]
    all_heads = q_heads + 2 * kv_heads
    inside = (head < all_heads) & (half >= 0)
    source = qkv + token * all_heads * 128 + head * 128 + half
    a = tl.load(source, mask=inside, other=0.0).to(tl.float32)
    b = tl.load(source + 64, mask=inside, other=0.0).to(tl.float32)
    if decode:
        sequence = token
        position = length - 1
    else:
        sequence = token // length
        position = token % length
    turned = head < q_heads + kv_heads
    if norm:
        scale = tl.rsqrt(tl.sum(a * a + b * b, 1) / 128 + 1e-6)[:, None]
        a = tl.where(turned, a * scale, a)
        b = tl.where(turned, b * scale, b)
    cosine = tl.load(table + position * 128 + half)
    sine = tl.load(table + position * 128 + 64 + half)
    low = tl.where(turned, a * cosine - b * sine, a).to(tl.bfloat16)
    high = tl.where(turned, b * cosine + a * sine, b).to(tl.bfloat16)
    to_q = q + (token * q_heads + head) * 128 + half
    is_q = head < q_heads
    tl.store(to_q, low, mask=inside & is_q)
    tl.store(to_q + 64, high, mask=inside & is_q)
    k_head = head - q_heads
    to_k = keys + ((sequence * kv_heads + k_head) * length + position) * 128 + half
    is_k = (k_head >= 0) & (k_head < kv_heads)
    tl.store(to_k, low, mask=inside & is_k)
    tl.store(to_k + 64, high, mask=inside & is_k)
    v_head = k_head - kv_heads
    to_v = values + ((sequence * kv_heads + v_head) * length + position) * 128 + half
    tl.store(to_v, low, mask=inside & (v_head >= 0))
    tl.store(to_v + 64, high, mask=inside & (v_head >= 0))


def rope(qkv, table, q, keys, values, length, decode, norm):
    """Turns q and k, writes k and v into the cache [sequence][kv head][position][128]."""
    q_heads, kv_heads = q.shape[1], keys.shape[1]
    group = 16
    grid = (qkv.shape[0], triton.cdiv(q_heads + 2 * kv_heads, group))
    _rope[grid](qkv, table, q, keys, values, q_heads, kv_heads, length, decode, norm, group, num_warps=4)


@triton.jit
def _silu_mul(x, out, width, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    inside = column < width
    gate = tl.load(x + row * 2 * width + column, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(x + row * 2 * width + width + column, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * width + column, (gate * tl.sigmoid(gate) * up).to(tl.bfloat16), mask=inside)


def silu_mul(x, out):
    width = out.shape[1]
    _silu_mul[(out.shape[0], triton.cdiv(width, 1024))](x, out, width, 1024, num_warps=4)


@triton.jit
def _quantise(x, codes, scales, width, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, block)
    inside = column < width
    v = tl.load(x + row * width + column, mask=inside, other=0.0).to(tl.float32)
    scale = tl.maximum(tl.max(tl.abs(v), 0), 1e-6) / 448.0
    tl.store(scales + row, scale)
    tl.store(codes + row * width + column, (v / scale).to(tl.float8e4nv), mask=inside)


def quantise(x):
    """Codes (e4m3) and one scale a row."""
    rows, width = x.shape
    codes = torch.empty(rows, width, dtype=torch.float8_e4m3fn, device=x.device)
    scales = torch.empty(rows, 1, dtype=torch.float32, device=x.device)
    block = triton.next_power_of_2(width)
    _quantise[(rows,)](x, codes, scales, width, block, num_warps=16 if block > 8192 else 8)
    return codes, scales
