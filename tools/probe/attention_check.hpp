#pragma once
// Plain attention to compare with: one block a query row, in single precision.
#include "memory.hpp"

namespace gpusize::probe {

struct AttentionShape {
  int batch;
  int q_heads;
  int kv_heads;
  int q_len;  // 1: decode
  int kv_len;
};

struct AttentionData {
  const void* q;  // [batch][q_heads][q_len][128]
  const void* k;  // [batch][kv_heads][kv_len][128]
  const void* v;
  void* out;
};

/// Throws when `out` is off by more than bf16 explains. Causal where q_len > 1. Domain: kv_len at
/// most 8192.
void check_attention(const AttentionShape& shape, const AttentionData& data);

}  // namespace gpusize::probe
