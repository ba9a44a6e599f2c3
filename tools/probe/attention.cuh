#pragma once
// Blocks of attention on the matrix units: 16 query rows of a warp against a tile of keys and
// values in shared memory. bf16, head dim 128, m16n8k16 instructions (every NVIDIA GPU since
// Ampere).
#include <cstdint>

#include "gpu_api.hpp"

namespace gpusize::probe {

using Half = __nv_bfloat16;
inline constexpr int kHeadDim = 128;
inline constexpr int kChunks = kHeadDim / 8;  // of 16 bytes in a row
inline constexpr int kRows = 16;              // query rows of a warp
inline constexpr float kNothing = -1e30F;

__device__ inline std::uint32_t shared_address(const void* p) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}

/// 16 bytes from device to shared memory, in the background.
__device__ inline void copy_async(void* to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(shared_address(to)), "l"(from));
}
__device__ inline void commit_copies() { asm volatile("cp.async.commit_group;\n"); }
template <int kPending>
__device__ inline void wait_copies() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(kPending));
}

/// Where the 16-byte chunk of a row lies in a tile: shifted by the row, so that eight rows use
/// different banks.
__device__ inline int swizzled(int row, int chunk) {
  return row * kHeadDim + (chunk ^ (row & 7)) * 8;
}

__device__ inline void load_matrices(std::uint32_t (&r)[4], const Half* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(at)));
}
__device__ inline void load_transposed(std::uint32_t (&r)[4], const Half* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(at)));
}
__device__ inline void multiply(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                std::uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};\n"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ inline std::uint32_t packed(float low, float high) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&both);
}

/// Queries of 16 rows as operand A. A lane holds rows g and g + 8, g = lane / 4; a row that is not
/// there is null.
struct Queries {
  std::uint32_t part[kHeadDim / 16][4];

  __device__ void load(const Half* row, const Half* row8) {
    const int at = threadIdx.x % 4 * 2;
    const auto word = [](const Half* p, int i) {
      return p == nullptr ? 0U : *reinterpret_cast<const std::uint32_t*>(p + i);
    };
#pragma unroll
    for (int k = 0; k < kHeadDim / 16; ++k) {
      part[k][0] = word(row, k * 16 + at);
      part[k][1] = word(row8, k * 16 + at);
      part[k][2] = word(row, k * 16 + at + 8);
      part[k][3] = word(row8, k * 16 + at + 8);
    }
  }
};

/// Running softmax and output of 16 rows.
struct Running {
  float out[kHeadDim / 8][4];
  float most[2];
  float sum[2];  // of this lane's columns only until `finish`

  __device__ void clear() {
#pragma unroll
    for (auto& tile : out) tile[0] = tile[1] = tile[2] = tile[3] = 0;
    most[0] = most[1] = kNothing;
    sum[0] = sum[1] = 0;
  }
  __device__ void finish() {
    for (int half = 0; half < 2; ++half) {
      sum[half] += __shfl_xor_sync(0xffffffffU, sum[half], 1);
      sum[half] += __shfl_xor_sync(0xffffffffU, sum[half], 2);
    }
  }
};

/// Adds a tile of kTokens keys and values. Row g sees the first `seen[0]` tokens of it, row g + 8
/// the first `seen[1]`. `scale` is 1/sqrt(d) * log2(e).
template <int kTokens, bool kMasked>
__device__ void attend(const Queries& q, Running& run, const Half* keys, const Half* values,
                       float scale, const int (&seen)[2]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  float s[kTokens / 8][4] = {};
  const int key_row = lane / 16 * 8 + lane % 8;
  const int key_chunk = lane / 8 % 2;
#pragma unroll
  for (int k = 0; k < kHeadDim / 16; ++k) {
#pragma unroll
    for (int j = 0; j < kTokens / 16; ++j) {
      std::uint32_t b[4];
      load_matrices(b, keys + swizzled(j * 16 + key_row, k * 2 + key_chunk));
      multiply(s[2 * j], q.part[k], b[0], b[1]);
      multiply(s[2 * j + 1], q.part[k], b[2], b[3]);
    }
  }
  if (kMasked) {
#pragma unroll
    for (int j = 0; j < kTokens / 8; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (j * 8 + lane % 4 * 2 + i % 2 >= seen[i / 2]) s[j][i] = kNothing;
      }
    }
  }
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float most = run.most[half];
#pragma unroll
    for (int j = 0; j < kTokens / 8; ++j)
      most = fmaxf(most, fmaxf(s[j][2 * half], s[j][2 * half + 1]));
    most = fmaxf(most, __shfl_xor_sync(0xffffffffU, most, 1));
    most = fmaxf(most, __shfl_xor_sync(0xffffffffU, most, 2));
    const float shrink = exp2f((run.most[half] - most) * scale);
    run.most[half] = most;
    run.sum[half] *= shrink;
#pragma unroll
    for (int n = 0; n < kHeadDim / 8; ++n) {
      run.out[n][2 * half] *= shrink;
      run.out[n][2 * half + 1] *= shrink;
    }
#pragma unroll
    for (int j = 0; j < kTokens / 8; ++j) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        s[j][i] = exp2f((s[j][i] - most) * scale);
        run.sum[half] += s[j][i];
      }
    }
  }
  const int value_row = lane % 16;
  const int value_chunk = lane / 16;
#pragma unroll
  for (int j = 0; j < kTokens / 16; ++j) {
    const std::uint32_t p[4] = {packed(s[2 * j][0], s[2 * j][1]), packed(s[2 * j][2], s[2 * j][3]),
                                packed(s[2 * j + 1][0], s[2 * j + 1][1]),
                                packed(s[2 * j + 1][2], s[2 * j + 1][3])};
#pragma unroll
    for (int n = 0; n < kHeadDim / 16; ++n) {
      std::uint32_t b[4];
      load_transposed(b, values + swizzled(j * 16 + value_row, n * 2 + value_chunk));
      multiply(run.out[2 * n], p, b[0], b[1]);
      multiply(run.out[2 * n + 1], p, b[2], b[3]);
    }
  }
}

}  // namespace gpusize::probe
