#include "calibrate/attention_call.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace gpusize::calibrate {
namespace {

struct AttentionOp {
  std::string_view name;
  bool decode;
  bool latent;
};

constexpr std::array<AttentionOp, 4> kOps{{
    {"context_attention", false, false},
    {"generation_attention", true, false},
    {"context_mla", false, true},
    {"generation_mla", true, true},
}};

double or_else(double value, double otherwise) { return value > 0.0 ? value : otherwise; }

bool eight_bits(std::string_view dtype) { return dtype == "fp8" || dtype == "e4m3"; }

}  // namespace

std::optional<AttentionCall> attention_call(const KernelRow& row) {
  const auto* const op = std::find_if(kOps.begin(), kOps.end(),
                                      [&](const AttentionOp& o) { return o.name == row.op; });
  if (op == kOps.end()) return {};
  AttentionCall call;
  call.decode = op->decode;
  call.latent = op->latent;
  call.sequences = or_else(row.batch, 1.0);
  call.query_heads = or_else(row.q_heads, 1.0);
  call.kv_heads = or_else(row.kv_heads, call.query_heads);
  call.head_dim = or_else(row.head_dim, call.head_dim);
  call.new_tokens = op->decode ? 1.0 : or_else(row.q_len, 1.0);
  call.keys = std::max(row.kv_len, call.new_tokens);
  call.window = op->latent ? 0.0 : row.window;
  call.narrow_queries = eight_bits(row.dtype);
  call.narrow_cache = eight_bits(row.kv_dtype);
  return call;
}

}  // namespace gpusize::calibrate
