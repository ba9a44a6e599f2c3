"""A Llama-like model with random weights, one forward pass of which is timed: dense or mixture-of-experts layers."""

import dataclasses

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

import fused
from parallel import Alone

DEVICE = "cuda"


@dataclasses.dataclass(frozen=True)
class Config:
    """config.json's numbers; head dim is 128."""

    hidden: int
    ffn: int
    layers: int
    heads: int
    kv_heads: int
    vocab: int
    qk_norm: bool = False
    experts: int = 0
    top_k: int = 0


CONFIGS = {
    "deepseek-coder-1.3b": Config(2048, 5504, 24, 16, 16, 32256),
    "deepseek-llm-7b": Config(4096, 11008, 30, 32, 32, 102400),
    "deepseek-r1-distill-qwen-14b": Config(5120, 13824, 48, 40, 8, 152064),
    "deepseek-r1-distill-qwen-32b": Config(5120, 27648, 64, 40, 8, 152064),
    "qwen3-8b": Config(4096, 12288, 36, 32, 8, 151936, qk_norm=True),
    "llama-3.1-8b": Config(4096, 14336, 32, 32, 8, 128256),
    "deepseek-r1-distill-qwen-1.5b": Config(1536, 8960, 28, 12, 2, 151936),
    "deepseek-r1-distill-qwen-7b": Config(3584, 18944, 28, 28, 4, 152064),
    "deepseek-r1-distill-llama-70b": Config(8192, 28672, 80, 64, 8, 128256),
    "qwen3-30b-a3b": Config(2048, 768, 48, 32, 4, 151936, qk_norm=True, experts=128, top_k=8),
    # The experts of DeepSeek-V3 under the attention of qwen3-30b-a3b.
    "v3-experts": Config(7168, 2048, 3, 32, 4, 151936, qk_norm=True, experts=256, top_k=8),
}
# Models that the catalog has under another name, with what differs (config.json's names).
CATALOG = {
    "v3-experts": ("qwen3-30b-a3b", "hidden_size=7168;moe_intermediate_size=2048;num_experts=256;num_hidden_layers=3"),
}


def random_bf16(*shape):
    out = torch.empty(*shape, dtype=torch.bfloat16, device=DEVICE)
    return out.normal_(0, shape[-1] ** -0.5)


class Linear:
    """y = x W^T; fp8: one scale a token and one a channel, the activation quantised by a kernel of its own."""

    fast_accum = False  # fp8: sums kept in fewer bits, faster

    def __init__(self, rows, columns, fp8):
        weight = random_bf16(rows, columns)
        self.fp8 = fp8
        if fp8:
            self.codes, scales = fused.quantise(weight)
            self.scales = scales.t().contiguous()
        else:
            self.weight = weight

    def __call__(self, x, out=None):
        if not self.fp8:
            return torch.mm(x, self.weight.t(), out=out) if out is not None else F.linear(x, self.weight)
        codes, scales = fused.quantise(x)
        return torch._scaled_mm(codes, self.codes.t(), scales, self.scales, out_dtype=torch.bfloat16,
                                use_fast_accum=self.fast_accum, out=out)


class Experts:
    """Routed experts through PyTorch's grouped product: route, sort by expert, two products, weighted sum."""

    def __init__(self, c, group):
        self.c = c
        self.group = group
        self.ffn = c.ffn // group.ranks
        self.router = random_bf16(c.experts, c.hidden)
        self.up = random_bf16(c.experts, 2 * self.ffn, c.hidden).transpose(-2, -1)
        self.down = random_bf16(c.experts, c.hidden, self.ffn).transpose(-2, -1)
        self.ids = torch.arange(c.experts, device=DEVICE)

    def __call__(self, x):
        weight, chosen = torch.topk(F.linear(x, self.router).float().softmax(-1), self.c.top_k, dim=-1)
        by_expert, order = chosen.flatten().sort()
        ends = torch.searchsorted(by_expert, self.ids, right=True, out_int32=True)
        rows = x[order // self.c.top_k]
        both = torch._grouped_mm(rows, self.up, offs=ends)
        inner = torch.empty(rows.shape[0], self.ffn, dtype=x.dtype, device=DEVICE)
        fused.silu_mul(both, inner)
        out = torch._grouped_mm(inner, self.down, offs=ends)
        back = torch.empty_like(out)
        back[order] = out
        weight = (weight / weight.sum(-1, keepdim=True)).to(x.dtype)
        total = self.group.partial(x.shape[0], self.c.hidden)
        torch.bmm(weight.unsqueeze(1), back.view(x.shape[0], self.c.top_k, -1), out=total.unsqueeze(1))
        return total


class Dense:
    def __init__(self, c, fp8, group):
        self.c = c
        self.group = group
        self.ffn = c.ffn // group.ranks
        self.up = Linear(2 * self.ffn, c.hidden, fp8)
        self.down = Linear(c.hidden, self.ffn, fp8)

    def __call__(self, x):
        inner = torch.empty(x.shape[0], self.ffn, dtype=x.dtype, device=DEVICE)
        fused.silu_mul(self.up(x), inner)
        return self.down(inner, self.group.partial(x.shape[0], self.c.hidden))


class Layer:
    def __init__(self, c, fp8, group):
        self.norms = [random_bf16(1, c.hidden)[0] for _ in range(2)]
        self.qkv = Linear((c.heads + 2 * c.kv_heads) * 128 // group.ranks, c.hidden, fp8)
        self.o = Linear(c.hidden, c.heads * 128 // group.ranks, fp8)
        self.ffn = Experts(c, group) if c.experts else Dense(c, fp8, group)


class Model:
    """One GPU's slice of a model. Domain: the GPUs divide heads, KV heads, FFN columns and vocabulary."""

    def __init__(self, c, fp8, group=Alone()):
        self.c = c
        self.group = group
        self.heads, self.kv_heads = c.heads // group.ranks, c.kv_heads // group.ranks
        self.embedding = random_bf16(c.vocab, c.hidden)
        self.head = random_bf16(c.vocab // group.ranks, c.hidden)
        self.norm = random_bf16(1, c.hidden)[0]
        self.layers = [Layer(c, fp8, group) for _ in range(c.layers)]
        self.table = self._turns(32768)

    @staticmethod
    def _turns(positions):
        angle = torch.outer(torch.arange(positions, device=DEVICE).float(),
                            10000.0 ** (-torch.arange(64, device=DEVICE).float() / 64))
        return torch.cat([angle.cos(), angle.sin()], 1).contiguous()

    def cache_values(self, sequences, length):
        return 2 * self.c.layers * sequences * self.kv_heads * length * 128

    def cache(self, store, sequences, length):
        """Keys and values of each layer as views of one flat store."""
        shape = (self.c.layers, 2, sequences, self.kv_heads, length, 128)
        return store[: self.cache_values(sequences, length)].view(shape)

    def attention(self, qkv, layer_cache, sequences, length, decode):
        keys, values = layer_cache[0], layer_cache[1]
        q = torch.empty(qkv.shape[0], self.heads, 128, dtype=qkv.dtype, device=DEVICE)
        fused.rope(qkv, self.table, q, keys, values, length, decode, self.c.qk_norm)
        q = q.view(sequences, -1, self.heads, 128).transpose(1, 2)
        backend = SDPBackend.FLASH_ATTENTION if decode else SDPBackend.CUDNN_ATTENTION
        with sdpa_kernel(backend):
            out = F.scaled_dot_product_attention(q, keys, values, is_causal=not decode,
                                                 enable_gqa=self.heads != self.kv_heads)
        return out.transpose(1, 2).reshape(qkv.shape[0], -1)

    def step(self, tokens, cache, sequences, length, decode):
        """The next token of each sequence; decode: one new token each, `length` keys and values are read."""
        residual = torch.zeros(tokens.shape[0], self.c.hidden, dtype=torch.bfloat16, device=DEVICE)
        x = F.embedding(tokens, self.embedding)
        normed = torch.empty_like(x)
        for layer, layer_cache in zip(self.layers, cache):
            fused.add_rms_norm(x, residual, layer.norms[0], normed)
            mixed = self.attention(layer.qkv(normed), layer_cache, sequences, length, decode)
            x = self.group.total(layer.o(mixed, self.group.partial(*normed.shape)))
            fused.add_rms_norm(x, residual, layer.norms[1], normed)
            x = self.group.total(layer.ffn(normed))
        fused.add_rms_norm(x, residual, self.norm, normed)
        last = normed if decode else normed.view(sequences, length, -1)[:, -1]
        return self.group.best_token(F.linear(last, self.head))
