// Prefill attention, causal: 64 query rows a block, keys and values in tiles of 64 tokens, the next
// tile fetched while this one is multiplied. A plain flash-attention kernel: tuned ones are up to
// twice as fast.
#include <vector>

#include "attention.cuh"
#include "attention_check.hpp"
#include "probe.hpp"

namespace gpusize::probe {
namespace {

constexpr int kWarps = 4;
constexpr int kBlockRows = kWarps * kRows;
constexpr int kTile = 64;
constexpr int kTileValues = kTile * kHeadDim;
constexpr int kSharedBytes = 2 * 2 * kTileValues * static_cast<int>(sizeof(Half));

struct Prefill {
  const Half* q;
  const Half* k;
  const Half* v;
  Half* out;
  int q_heads;
  int kv_heads;
  int length;
  float scale;
};

__device__ void fetch(const Half* keys, const Half* values, int token, Half* stage) {
#pragma unroll
  for (int i = static_cast<int>(threadIdx.x); i < kTile * kChunks; i += kWarps * 32) {
    const int row = i / kChunks;
    const int chunk = i % kChunks;
    const std::size_t at =
        static_cast<std::size_t>(token + row) * kHeadDim + static_cast<std::size_t>(chunk) * 8;
    copy_async(stage + swizzled(row, chunk), keys + at);
    copy_async(stage + kTileValues + swizzled(row, chunk), values + at);
  }
}

__device__ void write_row(Half* row, const Running& run, int half) {
  const float inverse = 1 / run.sum[half];
  const int at = static_cast<int>(threadIdx.x % 4 * 2);
#pragma unroll
  for (int n = 0; n < kHeadDim / 8; ++n) {
    *reinterpret_cast<std::uint32_t*>(row + n * 8 + at) =
        packed(run.out[n][2 * half] * inverse, run.out[n][2 * half + 1] * inverse);
  }
}

// Grid: tiles of query rows (the last, longest, first), heads, sequences.
__global__ void __launch_bounds__(kWarps * 32) prefill_attention(Prefill p) {
  extern __shared__ __align__(16) unsigned char memory[];
  Half* stages = reinterpret_cast<Half*>(memory);
  const int warp = static_cast<int>(threadIdx.x / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int tile = static_cast<int>(gridDim.x - 1 - blockIdx.x);
  const int head = static_cast<int>(blockIdx.y);
  const std::size_t kv_head =
      static_cast<std::size_t>(blockIdx.z) * p.kv_heads + head / (p.q_heads / p.kv_heads);
  const Half* keys = p.k + kv_head * p.length * kHeadDim;
  const Half* values = p.v + kv_head * p.length * kHeadDim;
  const int row = tile * kBlockRows + warp * kRows + lane / 4;
  const std::size_t row_at =
      ((static_cast<std::size_t>(blockIdx.z) * p.q_heads + head) * p.length + row) * kHeadDim;
  Queries q;
  q.load(p.q + row_at, p.q + row_at + 8 * kHeadDim);
  Running run;
  run.clear();
  fetch(keys, values, 0, stages);
  commit_copies();
  for (int t = 0; t <= tile; ++t) {  // query and key tiles are of equal length
    if (t < tile) fetch(keys, values, (t + 1) * kTile, stages + (t + 1) % 2 * 2 * kTileValues);
    commit_copies();
    wait_copies<1>();
    __syncthreads();
    const Half* stage = stages + t % 2 * 2 * kTileValues;
    if (t < tile) {
      attend<kTile, false>(q, run, stage, stage + kTileValues, p.scale, {kTile, kTile});
    } else {
      const int seen = row - tile * kTile + 1;
      attend<kTile, true>(q, run, stage, stage + kTileValues, p.scale, {seen, seen + 8});
    }
    __syncthreads();
  }
  run.finish();
  write_row(p.out + row_at, run, 0);
  write_row(p.out + row_at + 8 * kHeadDim, run, 1);
}

void launch_prefill(const Prefill& p, int batch, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(p.length / kBlockRows), static_cast<unsigned>(p.q_heads),
                  static_cast<unsigned>(batch));
  prefill_attention<<<grid, kWarps * 32, kSharedBytes, stream>>>(p);
  check_launch("prefill_attention");
}

std::size_t bytes_for(const AttentionShape& shape, int heads) {
  return static_cast<std::size_t>(shape.batch) * static_cast<std::size_t>(heads) *
         static_cast<std::size_t>(shape.kv_len) * kHeadDim * sizeof(Half);
}

Prefill problem(const AttentionShape& shape, const Buffer& out) {
  Prefill p{};
  p.out = out.as<Half>();
  p.q_heads = shape.q_heads;
  p.kv_heads = shape.kv_heads;
  p.length = shape.kv_len;
  p.scale = 1.4426950408889634F / 11.313708498984761F;
  return p;
}

std::vector<AttentionShape> shapes(bool quick) {
  std::vector<AttentionShape> out;
  const std::vector<int> lengths = quick
                                       ? std::vector<int>{1024, 4096}
                                       : std::vector<int>{256, 512, 1024, 2048, 4096, 8192, 16384};
  for (const auto& [q, kv] : {std::pair{32, 32}, {32, 8}, {64, 8}}) {
    for (const int length : lengths) out.push_back({1, q, kv, length, length});
  }
  return out;
}

}  // namespace

void measure_prefill_attention(Context& context) {
  check(cudaFuncSetAttribute(prefill_attention, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             kSharedBytes),
        "prefill_attention's shared memory");
  Pool pool(2'000'000'000, Dtype::bf16, 6);
  const Buffer out(512U << 20U);
  for (const AttentionShape& shape : {AttentionShape{2, 4, 4, 256, 256}, {1, 8, 2, 576, 576}}) {
    poison(out);
    Prefill p = problem(shape, out);
    p.q = static_cast<const Half*>(pool.slice(bytes_for(shape, shape.q_heads)));
    p.k = static_cast<const Half*>(pool.slice(bytes_for(shape, shape.kv_heads)));
    p.v = static_cast<const Half*>(pool.slice(bytes_for(shape, shape.kv_heads)));
    launch_prefill(p, shape.batch, context.timer.stream());
    check(cudaStreamSynchronize(context.timer.stream()), "prefill_attention");
    check_attention(shape, {p.q, p.k, p.v, p.out});
  }
  for (const AttentionShape& shape : shapes(context.quick)) {
    const double moved = static_cast<double>(2 * bytes_for(shape, shape.q_heads) +
                                             2 * bytes_for(shape, shape.kv_heads));
    const std::size_t slots = std::min<std::size_t>(slots_for(context.device, moved), 8);
    const auto q = pool.slices(bytes_for(shape, shape.q_heads), slots);
    const auto k = pool.slices(bytes_for(shape, shape.kv_heads), slots);
    const auto v = pool.slices(bytes_for(shape, shape.kv_heads), slots);
    Row row{.op = "attn_prefill_causal",
            .dtype = "bf16",
            .variant = "own",
            .kernel = "own mma flash-attention"};
    row.batch = shape.batch;
    row.q_heads = shape.q_heads;
    row.kv_heads = shape.kv_heads;
    row.head_dim = kHeadDim;
    row.q_len = shape.q_len;
    row.kv_len = shape.kv_len;
    row.bytes = moved;
    row.flop = 2.0 * shape.batch * shape.q_heads * kHeadDim * static_cast<double>(shape.kv_len) *
               shape.kv_len;
    const Prefill plan = problem(shape, out);
    row.timing = context.timer.graph(
        [&](cudaStream_t stream, std::size_t slot) {
          Prefill p = plan;
          p.q = static_cast<const Half*>(q[slot]);
          p.k = static_cast<const Half*>(k[slot]);
          p.v = static_cast<const Half*>(v[slot]);
          launch_prefill(p, shape.batch, stream);
        },
        slots);
    context.table.add(row);
  }
}

}  // namespace gpusize::probe
