// The kernels between the matrix products, fused as engines fuse them; all of our own, one block a
// row.
#include <cmath>
#include <vector>

#include "memory.hpp"
#include "probe.hpp"

namespace gpusize::probe {
namespace {

constexpr int kThreads = 256;
using Half = __nv_bfloat16;

struct Args {
  const Half* x;
  const Half* y;
  const Half* weight;
  Half* out;
  Half* sum;
  std::int8_t* codes;
  float* scales;
  int width;
};

template <typename Op>
__device__ float over_block(float value, Op op) {
  __shared__ float warps[kThreads / 32];
  for (int lane = 16; lane > 0; lane /= 2)
    value = op(value, __shfl_xor_sync(0xffffffffU, value, lane));
  __syncthreads();
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = value;
  __syncthreads();
  for (int w = 0; w < kThreads / 32; ++w) value = w == 0 ? warps[0] : op(value, warps[w]);
  return value;
}

__device__ float2 pair(const Half* row, int i) {
  return __bfloat1622float2(reinterpret_cast<const __nv_bfloat162*>(row)[i]);
}

// sum = x + y (with kAdd), out = sum / rms(sum) * weight
template <bool kAdd>
__global__ void rms_norm(Args a) {
  const std::size_t at = std::size_t{blockIdx.x} * a.width;
  float squares = 0;
  for (int i = threadIdx.x; i < a.width / 2; i += kThreads) {
    float2 v = pair(a.x + at, i);
    if (kAdd) {
      const float2 r = pair(a.y + at, i);
      v = make_float2(v.x + r.x, v.y + r.y);
      reinterpret_cast<__nv_bfloat162*>(a.sum + at)[i] = __float22bfloat162_rn(v);
    }
    squares += v.x * v.x + v.y * v.y;
  }
  const float total = over_block(squares, [](float p, float q) { return p + q; });
  const float inverse = rsqrtf(total / static_cast<float>(a.width) + 1e-6F);
  for (int i = threadIdx.x; i < a.width / 2; i += kThreads) {
    const float2 v = pair(kAdd ? a.sum + at : a.x + at, i);
    const float2 w = pair(a.weight, i);
    reinterpret_cast<__nv_bfloat162*>(a.out + at)[i] =
        __float22bfloat162_rn(make_float2(v.x * inverse * w.x, v.y * inverse * w.y));
  }
}

// out = silu(x) * y, x and y the halves of one row of 2 * width
__global__ void silu_mul(Args a) {
  const std::size_t row = blockIdx.x;
  for (int i = threadIdx.x; i < a.width / 2; i += kThreads) {
    const float2 gate = pair(a.x + row * 2 * a.width, i);
    const float2 up = pair(a.x + row * 2 * a.width + a.width, i);
    const float2 v =
        make_float2(gate.x / (1 + __expf(-gate.x)) * up.x, gate.y / (1 + __expf(-gate.y)) * up.y);
    reinterpret_cast<__nv_bfloat162*>(a.out + row * a.width)[i] = __float22bfloat162_rn(v);
  }
}

// codes = x * 127 / max|x| of the row
__global__ void quantise_rows(Args a) {
  const std::size_t at = std::size_t{blockIdx.x} * a.width;
  float most = 0;
  for (int i = threadIdx.x; i < a.width / 2; i += kThreads) {
    const float2 v = pair(a.x + at, i);
    most = fmaxf(most, fmaxf(fabsf(v.x), fabsf(v.y)));
  }
  most = over_block(most, [](float p, float q) { return fmaxf(p, q); });
  const float scale = 127.0F / fmaxf(most, 1e-12F);
  if (threadIdx.x == 0) a.scales[blockIdx.x] = most / 127.0F;
  for (int i = threadIdx.x; i < a.width / 2; i += kThreads) {
    const float2 v = pair(a.x + at, i);
    reinterpret_cast<char2*>(a.codes + at)[i] =
        make_char2(static_cast<signed char>(__float2int_rn(v.x * scale)),
                   static_cast<signed char>(__float2int_rn(v.y * scale)));
  }
}

struct Kind {
  const char* op;
  void (*kernel)(Args);
  double bytes_per_value;  // of the output's width
  std::size_t in_values;   // of x, per value of the output
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{{"rms_norm", rms_norm<false>, 4, 1},
                                     {"add_rms_norm", rms_norm<true>, 8, 1},
                                     {"silu_mul", silu_mul, 6, 2},
                                     {"quantise_rows", quantise_rows, 3, 1}};
  return all;
}

std::vector<float> fetched(const Half* data, std::size_t count) {
  std::vector<Half> raw(count);
  check(cudaMemcpy(raw.data(), data, count * 2, cudaMemcpyDeviceToHost), "cudaMemcpy");
  std::vector<float> out;
  for (const Half value : raw) out.push_back(__bfloat162float(value));
  return out;
}

void check_norm(Pool& pool, cudaStream_t stream) {
  constexpr int kWidth = 1024;
  const Buffer out(kWidth * 2);
  poison(out);
  Args a{};
  a.x = static_cast<const Half*>(pool.slice(kWidth * 2));
  a.weight = static_cast<const Half*>(pool.slice(kWidth * 2));
  a.out = out.as<Half>();
  a.width = kWidth;
  rms_norm<false><<<1, kThreads, 0, stream>>>(a);
  check_launch("rms_norm");
  check(cudaStreamSynchronize(stream), "rms_norm");
  const std::vector<float> x = fetched(a.x, kWidth);
  const std::vector<float> w = fetched(a.weight, kWidth);
  const std::vector<float> got = fetched(a.out, kWidth);
  double squares = 0;
  for (const float v : x) squares += static_cast<double>(v) * static_cast<double>(v);
  const double inverse = 1 / std::sqrt(squares / kWidth + 1e-6);
  for (std::size_t i = 0; i < kWidth; ++i) {
    const double want = static_cast<double>(x[i]) * inverse * static_cast<double>(w[i]);
    require(std::abs(static_cast<double>(got[i]) - want) <= 0.01 * std::abs(want) + 1e-3,
            "rms_norm is wrong");
  }
}

}  // namespace

void measure_elementwise(Context& context) {
  Pool pool(2'000'000'000, Dtype::bf16, 2);
  const Buffer out(500'000'000);
  const Buffer sum(500'000'000);
  const Buffer scales(65'536 * sizeof(float));
  check_norm(pool, context.timer.stream());
  const std::vector<int> rows =
      context.quick ? std::vector<int>{1, 1024} : std::vector<int>{1, 64, 1024, 8192};
  for (const Kind& kind : kinds()) {
    for (const int width : {4096, 7168}) {
      for (const int tokens : rows) {
        const std::size_t values =
            static_cast<std::size_t>(width) * static_cast<std::size_t>(tokens);
        const std::size_t slots =
            std::min<std::size_t>(slots_for(context.device, static_cast<double>(values) * 4), 24);
        const auto x = pool.slices(values * 2 * kind.in_values, slots);
        const auto y = pool.slices(values * 2, slots);
        Row row{.op = kind.op, .dtype = "bf16", .kernel = "own fused"};
        row.m = tokens;
        row.n = width;
        row.bytes = kind.bytes_per_value * static_cast<double>(values);
        row.timing = context.timer.graph(
            [&](cudaStream_t stream, std::size_t slot) {
              const std::size_t at = slot * values % (200'000'000 - values);
              Args a{};
              a.x = static_cast<const Half*>(x[slot]);
              a.y = static_cast<const Half*>(y[slot]);
              a.weight = static_cast<const Half*>(x[0]);
              a.out = out.as<Half>(at / 256 * 512);
              a.sum = sum.as<Half>(at / 256 * 512);
              a.codes = out.as<std::int8_t>(at / 256 * 256);
              a.scales = scales.as<float>();
              a.width = width;
              kind.kernel<<<static_cast<unsigned>(tokens), kThreads, 0, stream>>>(a);
              check_launch(kind.op);
            },
            slots);
        context.table.add(row);
      }
    }
  }
}

}  // namespace gpusize::probe
