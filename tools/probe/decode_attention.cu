// Decode attention: one query token a sequence over a long KV cache, split over blocks (flash
// decoding). Each warp walks its own tokens through its own buffers; warps meet at the end. The
// heads of a group share the keys read.
#include <vector>

#include "attention.cuh"
#include "attention_check.hpp"
#include "probe.hpp"

namespace gpusize::probe {
namespace {

constexpr int kWarps = 4;
constexpr int kTile = 16;              // tokens of a warp's step
constexpr int kStep = kTile * kWarps;  // tokens of a block's step
constexpr int kStages = 3;
constexpr int kTileValues = kTile * kHeadDim;
constexpr int kSharedBytes = kWarps * kStages * 2 * kTileValues * static_cast<int>(sizeof(Half));
constexpr int kMostSplits = 64;

struct Decode {
  const Half* q;
  const Half* k;
  const Half* v;
  Half* out;
  float* part;  // [batch][q_heads][splits][128]
  float* lse;   // [batch][q_heads][splits], in powers of two
  int q_heads;
  int kv_heads;
  int kv_len;
  int splits;
  float scale;
};

__device__ void fetch(const Half* keys, const Half* values, int token, Half* stage) {
  const int lane = static_cast<int>(threadIdx.x % 32);
#pragma unroll
  for (int i = lane; i < kTile * kChunks; i += 32) {
    const int row = i / kChunks;
    const int chunk = i % kChunks;
    const std::size_t at =
        static_cast<std::size_t>(token + row) * kHeadDim + static_cast<std::size_t>(chunk) * 8;
    copy_async(stage + swizzled(row, chunk), keys + at);
    copy_async(stage + kTileValues + swizzled(row, chunk), values + at);
  }
}

// The four warps' parts of each head become one: written as the result, or as the part of this
// split.
__device__ void merge_warps(const Decode& d, Running& run, float* shared, int head0, int group) {
  const int warp = static_cast<int>(threadIdx.x / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  float* most = shared + kWarps * kRows * kHeadDim;
  float* sum = most + kWarps * kRows;
  for (int half = 0; half < 2; ++half) {
    const int row = lane / 4 + 8 * half;
    if (lane % 4 == 0) {
      most[warp * kRows + row] = run.most[half];
      sum[warp * kRows + row] = run.sum[half];
    }
    for (int n = 0; n < kHeadDim / 8; ++n) {
      float* at = shared + (warp * kRows + row) * kHeadDim + n * 8 + lane % 4 * 2;
      at[0] = run.out[n][2 * half];
      at[1] = run.out[n][2 * half + 1];
    }
  }
  __syncthreads();
  const int column = static_cast<int>(threadIdx.x);
  for (int row = 0; row < group; ++row) {
    float top = kNothing;
    for (int w = 0; w < kWarps; ++w) top = fmaxf(top, most[w * kRows + row]);
    float total = 0;
    float value = 0;
    for (int w = 0; w < kWarps; ++w) {
      const float weight = exp2f((most[w * kRows + row] - top) * d.scale);
      total += weight * sum[w * kRows + row];
      value += weight * shared[(w * kRows + row) * kHeadDim + column];
    }
    const std::size_t head = static_cast<std::size_t>(head0 + row);
    if (d.splits == 1) {
      d.out[head * kHeadDim + column] = __float2bfloat16(value / total);
    } else {
      const std::size_t at = head * d.splits + blockIdx.x;
      d.part[at * kHeadDim + column] = value / total;
      if (column == 0) d.lse[at] = top * d.scale + log2f(total);
    }
  }
}

// Grid: splits, kv heads, sequences.
__global__ void __launch_bounds__(kWarps * 32) decode_attention(Decode d) {
  extern __shared__ __align__(16) unsigned char memory[];
  const int warp = static_cast<int>(threadIdx.x / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int group = d.q_heads / d.kv_heads;
  const int steps = d.kv_len / kStep;
  const int split = static_cast<int>(blockIdx.x);
  const int first = split * steps / d.splits;
  const int last = (split + 1) * steps / d.splits;
  const std::size_t sequence = static_cast<std::size_t>(blockIdx.z) * d.kv_heads + blockIdx.y;
  const Half* keys = d.k + sequence * d.kv_len * kHeadDim;
  const Half* values = d.v + sequence * d.kv_len * kHeadDim;
  const int head0 = static_cast<int>(blockIdx.z) * d.q_heads + static_cast<int>(blockIdx.y) * group;
  Half* stages = reinterpret_cast<Half*>(memory) + warp * kStages * 2 * kTileValues;

  for (int s = 0; s < kStages - 1; ++s) {
    if (first + s < last)
      fetch(keys, values, (first + s) * kStep + warp * kTile, stages + s * 2 * kTileValues);
    commit_copies();
  }
  const auto row_of = [&](int row) {
    return row < group ? d.q + static_cast<std::size_t>(head0 + row) * kHeadDim : nullptr;
  };
  Queries q;
  q.load(row_of(lane / 4), row_of(lane / 4 + 8));
  Running run;
  run.clear();
  for (int step = first; step < last; ++step) {
    const int ahead = step + kStages - 1;
    if (ahead < last) {
      fetch(keys, values, ahead * kStep + warp * kTile,
            stages + (ahead - first) % kStages * 2 * kTileValues);
    }
    commit_copies();
    wait_copies<kStages - 1>();
    __syncwarp();
    const Half* stage = stages + (step - first) % kStages * 2 * kTileValues;
    attend<kTile, false>(q, run, stage, stage + kTileValues, d.scale, {kTile, kTile});
    __syncwarp();
  }
  wait_copies<0>();
  run.finish();
  __syncthreads();  // the buffers are free
  merge_warps(d, run, reinterpret_cast<float*>(memory), head0, group);
}

// One block a head: its splits, weighted by their sums.
__global__ void merge_splits(Decode d) {
  const std::size_t head = blockIdx.x;
  float most = kNothing;
  for (int s = 0; s < d.splits; ++s) most = fmaxf(most, d.lse[head * d.splits + s]);
  float total = 0;
  float value = 0;
  for (int s = 0; s < d.splits; ++s) {
    const float weight = exp2f(d.lse[head * d.splits + s] - most);
    total += weight;
    value += weight * d.part[(head * d.splits + s) * kHeadDim + threadIdx.x];
  }
  d.out[head * kHeadDim + threadIdx.x] = __float2bfloat16(value / total);
}

// The fewest splits that fill the GPU's last round of blocks nearly as well as any.
int splits_for(const Device& device, const AttentionShape& shape) {
  const int resident = device.sms * 2;
  const int blocks = shape.batch * shape.kv_heads;
  const int most = std::max(1, std::min(kMostSplits, shape.kv_len / (2 * kStep)));
  const auto filled = [&](int splits) {
    const int rounds = (blocks * splits + resident - 1) / resident;
    return static_cast<double>(blocks) * splits / (static_cast<double>(rounds) * resident);
  };
  double best = 0;
  for (int s = 1; s <= most; ++s) best = std::max(best, filled(s));
  for (int s = 1; s <= most; ++s) {
    if (filled(s) >= 0.85 * best) return s;
  }
  return 1;
}

void launch_decode(const Decode& d, int batch, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(d.splits), static_cast<unsigned>(d.kv_heads),
                  static_cast<unsigned>(batch));
  decode_attention<<<grid, kWarps * 32, kSharedBytes, stream>>>(d);
  check_launch("decode_attention");
  if (d.splits == 1) return;
  merge_splits<<<static_cast<unsigned>(batch * d.q_heads), kHeadDim, 0, stream>>>(d);
  check_launch("merge_splits");
}

struct Scratch {
  Buffer out{256U << 20U};
  Buffer part{512U << 20U};
  Buffer lse{8U << 20U};
};

Decode problem(const AttentionShape& shape, const Scratch& scratch, int splits) {
  Decode d{};
  d.out = scratch.out.as<Half>();
  d.part = scratch.part.as<float>();
  d.lse = scratch.lse.as<float>();
  d.q_heads = shape.q_heads;
  d.kv_heads = shape.kv_heads;
  d.kv_len = shape.kv_len;
  d.splits = splits;
  d.scale = 1.4426950408889634F / 11.313708498984761F;
  return d;
}

std::size_t kv_bytes(const AttentionShape& shape) {
  return static_cast<std::size_t>(shape.batch) * static_cast<std::size_t>(shape.kv_heads) *
         static_cast<std::size_t>(shape.kv_len) * kHeadDim * sizeof(Half);
}

std::size_t q_bytes(const AttentionShape& shape) {
  return static_cast<std::size_t>(shape.batch) * static_cast<std::size_t>(shape.q_heads) *
         kHeadDim * sizeof(Half);
}

void check_decode(Context& context, Pool& pool, const Scratch& scratch) {
  for (const AttentionShape& shape :
       {AttentionShape{2, 8, 8, 1, 512}, {1, 16, 2, 1, 1024}, {3, 12, 1, 1, 2048}}) {
    for (const int splits : {1, splits_for(context.device, shape), 5}) {
      poison(scratch.out);
      Decode d = problem(shape, scratch, splits);
      d.q = static_cast<const Half*>(pool.slice(q_bytes(shape)));
      d.k = static_cast<const Half*>(pool.slice(kv_bytes(shape)));
      d.v = static_cast<const Half*>(pool.slice(kv_bytes(shape)));
      launch_decode(d, shape.batch, context.timer.stream());
      check(cudaStreamSynchronize(context.timer.stream()), "decode_attention");
      check_attention(shape, {d.q, d.k, d.v, d.out});
    }
  }
}

std::vector<AttentionShape> shapes(bool quick) {
  std::vector<AttentionShape> out;
  const std::vector<int> batches =
      quick ? std::vector<int>{1, 32} : std::vector<int>{1, 4, 16, 64, 128};
  const std::vector<int> lengths =
      quick ? std::vector<int>{2048} : std::vector<int>{512, 2048, 4096, 16384};
  for (const auto& [q, kv] : {std::pair{32, 32}, {32, 8}, {64, 8}, {40, 8}}) {
    if (quick && q == 40) continue;
    for (const int batch : batches) {
      for (const int length : lengths) out.push_back({batch, q, kv, 1, length});
    }
  }
  return out;
}

}  // namespace

void measure_decode_attention(Context& context) {
  check(cudaFuncSetAttribute(decode_attention, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             kSharedBytes),
        "decode_attention's shared memory");
  Pool pool(std::min<std::size_t>(18'000'000'000, context.device.memory_bytes / 3), Dtype::bf16, 5);
  const Scratch scratch;
  check_decode(context, pool, scratch);
  for (const AttentionShape& shape : shapes(context.quick)) {
    const std::size_t each = kv_bytes(shape);
    if (each > pool.bytes() / 2) continue;
    const std::size_t slots = std::max<std::size_t>(
        1, std::min(slots_for(context.device, 2.0 * static_cast<double>(each)),
                    pool.bytes() / (2 * each)));
    const auto q = pool.slices(q_bytes(shape), slots);
    const auto k = pool.slices(each, slots);
    const auto v = pool.slices(each, slots);
    Row row{.op = "attn_decode",
            .dtype = "bf16",
            .variant = "own_split_kv",
            .kernel = "own mma flash-decoding"};
    row.batch = shape.batch;
    row.q_heads = shape.q_heads;
    row.kv_heads = shape.kv_heads;
    row.head_dim = kHeadDim;
    row.q_len = 1;
    row.kv_len = shape.kv_len;
    row.bytes = 2.0 * static_cast<double>(each) + 2.0 * static_cast<double>(q_bytes(shape));
    row.flop = 4.0 * shape.batch * shape.q_heads * kHeadDim * static_cast<double>(shape.kv_len);
    const Decode plan = problem(shape, scratch, splits_for(context.device, shape));
    row.timing = context.timer.graph(
        [&](cudaStream_t stream, std::size_t slot) {
          Decode d = plan;
          d.q = static_cast<const Half*>(q[slot]);
          d.k = static_cast<const Half*>(k[slot]);
          d.v = static_cast<const Half*>(v[slot]);
          launch_decode(d, shape.batch, stream);
        },
        slots);
    context.table.add(row);
  }
}

}  // namespace gpusize::probe
