#include "calibrate/kernel_work.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/ops/graph.hpp"

namespace gpusize::calibrate {
namespace {

constexpr double kSixteenBits = 2.0;  // bytes of an activation

/// Storage and arithmetic of a format as kernel lists write it.
struct KernelFormat {
  std::string_view name;
  Dtype weight;
  Dtype compute;
  double scale_bytes;  ///< of block or group scales, per element
};

constexpr std::array<KernelFormat, 20> kFormats{{
    {"bfloat16", Dtype::kBf16, Dtype::kBf16, 0.0},
    {"bf16", Dtype::kBf16, Dtype::kBf16, 0.0},
    {"float16", Dtype::kFp16, Dtype::kFp16, 0.0},
    {"fp16", Dtype::kFp16, Dtype::kFp16, 0.0},
    {"half", Dtype::kFp16, Dtype::kFp16, 0.0},
    {"fp8", Dtype::kFp8, Dtype::kFp8, 0.0},
    {"e4m3", Dtype::kFp8, Dtype::kFp8, 0.0},
    {"fp8_block", Dtype::kFp8, Dtype::kFp8, 4.0 / (128.0 * 128.0)},
    {"int8", Dtype::kInt8, Dtype::kInt8, 0.0},
    {"sq", Dtype::kInt8, Dtype::kInt8, 0.0},
    {"int8_wo", Dtype::kInt8, Dtype::kBf16, 0.0},
    {"int4_wo", Dtype::kInt4, Dtype::kBf16, 2.0 / 128.0},
    {"int4g128", Dtype::kInt4, Dtype::kBf16, 2.0 / 128.0},
    {"nvfp4", Dtype::kNvfp4, Dtype::kNvfp4, 1.0 / 16.0},
    {"w4a16_mxfp4", Dtype::kMxfp4, Dtype::kBf16, 1.0 / 32.0},
    {"w4a8_mxfp4_mxfp8", Dtype::kMxfp4, Dtype::kFp8, 1.0 / 32.0},
    {"f32", Dtype::kFp32, Dtype::kFp32, 0.0},
    {"fp32", Dtype::kFp32, Dtype::kFp32, 0.0},
    {"tf32", Dtype::kFp32, Dtype::kTf32, 0.0},
    {"u8", Dtype::kInt8, Dtype::kInt8, 0.0},
}};

const KernelFormat* format_named(const std::string& name) {
  const std::string wanted = to_lower(name);
  const auto* const at = std::find_if(kFormats.begin(), kFormats.end(),
                                      [&](const KernelFormat& f) { return f.name == wanted; });
  return at == kFormats.end() ? nullptr : at;
}

double or_else(double value, double otherwise) { return value > 0.0 ? value : otherwise; }

using Works = std::vector<KernelWork>;

KernelWork product(double m, double n, double k, double groups, const KernelFormat& f) {
  KernelWork work;
  work.cls = groups > 1.0 ? KernelClass::kGroupedGemm : KernelClass::kGemm;
  work.compute = f.compute;
  work.weight = f.weight;
  work.gemm = {m, n, k, groups};
  work.flops = Flops::from_base(2.0 * m * n * k);
  work.weight_bytes = Bytes::from_base(groups * n * k * (bytes_of(f.weight) + f.scale_bytes));
  const double input = std::min(kSixteenBits, bytes_of(f.compute));
  work.activation_bytes = Bytes::from_base(m * k * input + m * n * kSixteenBits);
  return work;
}

/// A kernel that only moves bytes; `row` elements of each row are reduced one after another.
KernelWork pass(double bytes, double row = 0.0) {
  KernelWork work;
  work.activation_bytes = Bytes::from_base(bytes);
  work.row_elements = row;
  return work;
}

KernelWork quantisation(double rows, double row, const KernelFormat& f) {
  KernelWork work = pass(rows * row * (kSixteenBits + bytes_of(f.compute)), row);
  work.compute = f.compute;
  work.quantises = true;
  return work;
}

/// Lists of engines time the layer, so that activations are quantised inside the call.
bool quantises(const KernelRow& row, const KernelFormat& f) {
  return !row.backend.empty() && bits_of(f.compute) < 16.0;
}

Works gemm(const KernelRow& row, const KernelFormat& f) {
  Works out;
  if (quantises(row, f)) out.push_back(quantisation(row.m, row.k, f));
  out.push_back(product(row.m, row.n, row.k, 1.0, f));
  return out;
}

Works grouped(const KernelRow& row, const KernelFormat& f) {
  KernelWork work = product(row.m, row.n, row.k, std::max(2.0, row.experts), f);
  work.equal_groups = true;
  return {work};
}

// Multi-head latent attention as DeepSeek-V2 and V3 publish it; lists have no columns for its
// sizes.
constexpr double kLatentRank = 512.0;
constexpr double kLatentStored = 576.0;  // with the rotary part
constexpr double kHeadDim = 128.0;
constexpr double kHeadDimRotary = 192.0;

/// Products of a latent's heads, (tokens, 128) x (128, 512) before attention or (tokens, 512) x
/// (512, 128) after it, for every head: one product in which each head has weights of its own.
/// Lists time both and rows do not say which: in 16 bits at the depth between the two, in 8 at that
/// of the first, which the families' rates were fitted on.
Works latent_product(const KernelRow& row, const KernelFormat& f) {
  const double heads = or_else(row.q_heads, 1.0);
  const double rows = row.tokens * heads;
  // Libraries that widen the weights when they load them multiply in 16 bits.
  const bool widened = row.kernel.find("dequant") != std::string::npos;
  const KernelFormat& run = widened ? *format_named("bf16") : f;
  KernelWork work = product(rows, kLatentRank, kHeadDim, 1.0, run);
  work.weight_bytes = heads * work.weight_bytes;
  if (bits_of(run.compute) >= 16.0) work.gemm.n = work.gemm.k = std::sqrt(kLatentRank * kHeadDim);
  Works out;
  if (quantises(row, run)) out.push_back(quantisation(rows, kHeadDim, run));
  out.push_back(work);
  return out;
}

KernelWork attention(const AttentionShape& shape, double bytes_per_token, bool decode) {
  KernelWork work;
  work.cls = decode ? KernelClass::kDecodeAttention : KernelClass::kPrefillAttention;
  work.attention = shape;
  work.kv_bytes = Bytes::from_base(shape.sequences * shape.kv_read_tokens * bytes_per_token);
  const double queries = shape.sequences * shape.query_tokens * shape.query_heads;
  work.activation_bytes = Bytes::from_base(queries * (shape.qk_dim + shape.v_dim) * kSixteenBits);
  work.flops = Flops::from_base(2.0 * queries * shape.kv_tokens * (shape.qk_dim + shape.v_dim));
  return work;
}

double kv_element(const KernelRow& row) {
  const KernelFormat* kv = format_named(row.kv_dtype);
  return kv == nullptr ? kSixteenBits : bytes_of(kv->weight);
}

AttentionShape heads_of(const KernelRow& row) {
  AttentionShape s;
  s.sequences = or_else(row.batch, 1.0);
  s.query_heads = or_else(row.q_heads, 1.0);
  s.kv_heads = or_else(row.kv_heads, s.query_heads);
  s.qk_dim = s.v_dim = or_else(row.head_dim, kHeadDim);
  return s;
}

/// Causal attention of `q_len` new tokens after `kv_len - q_len` cached ones.
void set_causal(const KernelRow& row, AttentionShape& s) {
  s.query_tokens = or_else(row.q_len, 1.0);
  s.kv_read_tokens = std::max(row.kv_len, s.query_tokens);
  s.kv_tokens = s.kv_read_tokens - 0.5 * (s.query_tokens - 1.0);
  if (row.window > 0.0) {
    s.kv_tokens = std::min(s.kv_tokens, row.window);
    s.kv_read_tokens = std::min(s.kv_read_tokens, row.window + s.query_tokens);
  }
}

Works prefill(const KernelRow& row, const KernelFormat& /*f*/) {
  AttentionShape s = heads_of(row);
  set_causal(row, s);
  return {attention(s, s.kv_heads * 2.0 * s.qk_dim * kv_element(row), false)};
}

Works decode(const KernelRow& row, const KernelFormat& /*f*/) {
  AttentionShape s = heads_of(row);
  s.kv_tokens = s.kv_read_tokens = row.window > 0.0 ? std::min(row.kv_len, row.window) : row.kv_len;
  return {attention(s, s.kv_heads * 2.0 * s.qk_dim * kv_element(row), true)};
}

Works latent_prefill(const KernelRow& row, const KernelFormat& /*f*/) {
  AttentionShape s = heads_of(row);
  s.kv_heads = s.query_heads;
  s.qk_dim = kHeadDimRotary;
  s.v_dim = kHeadDim;
  set_causal(row, s);
  return {attention(s, s.kv_heads * (s.qk_dim + s.v_dim) * kSixteenBits, false)};
}

Works latent_decode(const KernelRow& row, const KernelFormat& /*f*/) {
  AttentionShape s = heads_of(row);
  s.kv_heads = 1.0;
  s.qk_dim = kLatentStored;
  s.v_dim = kLatentRank;
  s.shared_kv = true;
  s.kv_tokens = s.kv_read_tokens = row.kv_len;
  return {attention(s, s.qk_dim * kv_element(row), true)};
}

/// `power_law_1.2` and the like.
Routing routing_of(const KernelRow& row) {
  constexpr std::string_view kPowerLaw = "power_law_";
  if (!row.distribution.starts_with(kPowerLaw)) return {};
  return {parse_number(row.distribution.substr(kPowerLaw.size())).value_or(0.0)};
}

/// Experts of one rank after routing: gate and up, activation, down, weighted sum.
Works experts(const KernelRow& row, const KernelFormat& f) {
  const double all = or_else(row.experts, 1.0);
  const double top_k = or_else(row.topk, 1.0);
  const double ep = or_else(row.ep, 1.0);
  const double width = row.inter / or_else(row.tp, 1.0);
  const Routing routing = routing_of(row);
  const double rows =
      std::max(1.0, row.tokens * top_k / ep * expert_imbalance(all, top_k, ep, routing));
  const double groups =
      std::max(1.0, std::min(distinct_experts(all, top_k, row.tokens, routing) / ep, rows));
  const double inner = (has_gate(row) ? 2.0 : 1.0) * width;
  const auto grouped_product = [&](double n, double k) {
    KernelWork work = product(rows, n, k, groups, f);
    work.cls = KernelClass::kGroupedGemm;
    return work;
  };
  Works out;
  if (quantises(row, f)) out.push_back(quantisation(row.tokens, row.hidden, f));
  out.push_back(grouped_product(inner, row.hidden));
  out.push_back(pass(rows * (inner + width) * kSixteenBits));
  if (quantises(row, f)) out.push_back(quantisation(rows, width, f));
  out.push_back(grouped_product(row.hidden, width));
  out.push_back(pass((rows + row.tokens) * row.hidden * kSixteenBits));
  return out;
}

template <CollectiveKind Kind>
Works collective(const KernelRow& row, const KernelFormat& f) {
  KernelWork work;
  work.cls = KernelClass::kCollective;
  const double bytes = row.elements > 0.0 ? row.elements * bytes_of(f.weight) : row.m;
  const double ranks = or_else(row.gpus, 2.0);
  work.collective = {Kind, static_cast<std::int64_t>(ranks), Bytes::from_base(bytes), false,
                     Bytes{}};
  return {work};
}

/// Elementwise kernels of m rows of n outputs that read and write `Passes` operands of 16 bits.
template <int Passes, bool Reduces>
Works elementwise(const KernelRow& row, const KernelFormat& /*f*/) {
  return {pass(row.m * row.n * Passes * kSixteenBits, Reduces ? row.n : 0.0)};
}

Works quantise_rows(const KernelRow& row, const KernelFormat& /*f*/) {
  return {pass(row.m * row.n * (kSixteenBits + bytes_of(Dtype::kFp8)), row.n)};
}

template <int Passes>
Works copied(const KernelRow& row, const KernelFormat& /*f*/) {
  return {pass(row.m * Passes)};
}

struct KernelOp {
  std::string_view name;
  Works (*make)(const KernelRow& row, const KernelFormat& format);
};

constexpr std::array<KernelOp, 22> kOps{{
    {"gemm", gemm},
    {"grouped_gemm", grouped},
    {"mla_bmm", latent_product},
    {"context_attention", prefill},
    {"attn_prefill_causal", prefill},
    {"generation_attention", decode},
    {"attn_decode", decode},
    {"context_mla", latent_prefill},
    {"generation_mla", latent_decode},
    {"moe", experts},
    {"nccl_all_reduce", collective<CollectiveKind::kAllReduce>},
    {"custom_allreduce", collective<CollectiveKind::kAllReduce>},
    {"nccl_all_gather", collective<CollectiveKind::kAllGather>},
    {"nccl_reduce_scatter", collective<CollectiveKind::kReduceScatter>},
    {"nccl_alltoall", collective<CollectiveKind::kAllToAll>},
    {"nccl_send", collective<CollectiveKind::kSendReceive>},
    {"rms_norm", elementwise<2, true>},
    {"add_rms_norm", elementwise<4, true>},
    {"silu_mul", elementwise<3, false>},
    {"quantise_rows", quantise_rows},
    {"copy_d2d", copied<2>},
    {"read_reduce", copied<1>},
}};

/// What the shape of a product or attention cannot do without.
std::optional<Refusal> incomplete(const KernelRow& row, const Works& works) {
  for (const KernelWork& work : works) {
    const bool product = work.cls == KernelClass::kGemm || work.cls == KernelClass::kGroupedGemm;
    const bool attends =
        work.cls == KernelClass::kPrefillAttention || work.cls == KernelClass::kDecodeAttention;
    const bool empty =
        (product && (work.gemm.m <= 0.0 || work.gemm.n <= 0.0 || work.gemm.k <= 0.0)) ||
        (attends && work.attention.kv_tokens <= 0.0) ||
        (work.cls == KernelClass::kMemory && work.activation_bytes <= Bytes{}) ||
        (work.cls == KernelClass::kCollective &&
         (work.collective.message <= Bytes{} || work.collective.ranks < 2));
    if (empty)
      return Refusal{"shape not stated", fmt::format("operation {} without its sizes", row.op)};
  }
  return {};
}

/// Timings that say nothing about what engines run.
std::optional<Refusal> not_as_engines_run(const KernelRow& row) {
  if (row.op.starts_with("nccl") && row.kernel.ends_with("eager")) {
    return Refusal{"collective launched one by one",
                   "launched one by one: engines replay collectives in graphs"};
  }
  if (row.op == "attn_prefill_causal" && row.kernel.starts_with("own")) {
    return Refusal{"the probe's own prefill kernel",
                   "the probe's own prefill kernel is plain: a lower bound of what engines run"};
  }
  return {};
}

}  // namespace

bool has_gate(const KernelRow& row) {
  return !row.ungated && row.kernel.find("nongated") == std::string::npos;
}

Outcome<KernelCall> kernel_call(const KernelRow& row) {
  const auto* const at =
      std::find_if(kOps.begin(), kOps.end(), [&](const KernelOp& o) { return o.name == row.op; });
  if (at == kOps.end()) {
    return Refusal{fmt::format("no rate for operation {}", printable(row.op)),
                   fmt::format("operation \"{}\" has no rate of its own", printable(row.op))};
  }
  if (auto refusal = not_as_engines_run(row)) return std::move(*refusal);
  const KernelFormat* format = format_named(row.dtype);
  if (format == nullptr) {
    return Refusal{fmt::format("format {} not modelled", printable(row.dtype)),
                   fmt::format("format \"{}\"", printable(row.dtype))};
  }
  Works works = at->make(row, *format);
  if (auto refusal = incomplete(row, works)) return std::move(*refusal);
  return KernelCall{std::move(works), format->scale_bytes > 0.0, row.op.starts_with("nccl"),
                    row.variant == "fa2"};
}

}  // namespace gpusize::calibrate
