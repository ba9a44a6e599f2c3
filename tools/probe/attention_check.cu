#include "attention_check.hpp"

#include <cmath>
#include <vector>

#include "attention.cuh"

namespace gpusize::probe {
namespace {

__global__ void plain_attention(AttentionShape s, const Half* q, const Half* k, const Half* v,
                                Half* out) {
  extern __shared__ float score[];
  const int row = static_cast<int>(blockIdx.x);
  const int head = static_cast<int>(blockIdx.y);
  const int batch = static_cast<int>(blockIdx.z);
  const int lane = static_cast<int>(threadIdx.x);
  const int kv_head = head / (s.q_heads / s.kv_heads);
  const int seen = s.kv_len - s.q_len + row + 1;
  const std::size_t q_at =
      ((static_cast<std::size_t>(batch) * s.q_heads + head) * s.q_len + row) * kHeadDim;
  const std::size_t kv_at =
      (static_cast<std::size_t>(batch) * s.kv_heads + kv_head) * s.kv_len * kHeadDim;
  for (int t = lane; t < seen; t += kHeadDim) {
    float sum = 0;
    for (int d = 0; d < kHeadDim; ++d) {
      sum += __bfloat162float(q[q_at + d]) *
             __bfloat162float(k[kv_at + static_cast<std::size_t>(t) * kHeadDim + d]);
    }
    score[t] = sum * rsqrtf(kHeadDim);
  }
  __syncthreads();
  float most = kNothing;
  for (int t = 0; t < seen; ++t) most = fmaxf(most, score[t]);
  float total = 0;
  float sum = 0;
  for (int t = 0; t < seen; ++t) {
    const float p = expf(score[t] - most);
    total += p;
    sum += p * __bfloat162float(v[kv_at + static_cast<std::size_t>(t) * kHeadDim + lane]);
  }
  out[q_at + lane] = __float2bfloat16(sum / total);
}

std::vector<Half> fetched(const void* data, std::size_t count) {
  std::vector<Half> out(count);
  check(cudaMemcpy(out.data(), data, count * sizeof(Half), cudaMemcpyDeviceToHost), "cudaMemcpy");
  return out;
}

}  // namespace

void check_attention(const AttentionShape& shape, const AttentionData& data) {
  const std::size_t values = static_cast<std::size_t>(shape.batch) *
                             static_cast<std::size_t>(shape.q_heads) *
                             static_cast<std::size_t>(shape.q_len) * kHeadDim;
  const Buffer plain(values * sizeof(Half));
  poison(plain);
  const dim3 grid(static_cast<unsigned>(shape.q_len), static_cast<unsigned>(shape.q_heads),
                  static_cast<unsigned>(shape.batch));
  plain_attention<<<grid, kHeadDim, static_cast<std::size_t>(shape.kv_len) * sizeof(float)>>>(
      shape, static_cast<const Half*>(data.q), static_cast<const Half*>(data.k),
      static_cast<const Half*>(data.v), plain.as<Half>());
  check_launch("plain_attention");
  check(cudaDeviceSynchronize(), "plain_attention");
  const std::vector<Half> want = fetched(plain.as<void>(), values);
  const std::vector<Half> got = fetched(data.out, values);
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < values; ++i) {
    const double w = static_cast<double>(__bfloat162float(want[i]));
    const double g = static_cast<double>(__bfloat162float(got[i]));
    difference += (w - g) * (w - g);
    norm += w * w;
  }
  const double off = std::sqrt(difference / norm);
  require(off < 0.015, "attention is off by " + std::to_string(off));  // not a number fails too
}

}  // namespace gpusize::probe
