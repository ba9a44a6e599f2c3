#include <cmath>
#include <vector>

#include "product.hpp"

namespace gpusize::probe {
namespace {

constexpr int kSamples = 512;
constexpr int kThreads = 128;

template <typename T>
__device__ double wide(T value) {
  return static_cast<double>(static_cast<float>(value));
}

struct Sampled {
  std::int64_t batch, m, n, k;
};

// One block an element: the sum over k in double precision, and the element as the library wrote
// it.
template <typename T, typename R>
__global__ void reference(const T* a, const T* w, const R* c, Sampled s, double* want,
                          double* got) {
  const std::int64_t pick = static_cast<std::int64_t>(blockIdx.x) * 7919;
  const std::int64_t b = pick % s.batch;
  const std::int64_t i = pick / 3 % s.m;
  const std::int64_t j = pick * 31 % s.n;
  double sum = 0;
  for (std::int64_t p = threadIdx.x; p < s.k; p += kThreads) {
    sum += wide(a[(b * s.m + i) * s.k + p]) * wide(w[(b * s.n + j) * s.k + p]);
  }
  __shared__ double parts[kThreads];
  parts[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int t = 1; t < kThreads; ++t) sum += parts[t];
  want[blockIdx.x] = sum;
  got[blockIdx.x] = wide(c[(b * s.m + i) * s.n + j]);
}

template <typename T, typename R>
double error(const void* a, const void* w, const Buffer& c, const Shape& shape) {
  const Buffer want(kSamples * sizeof(double));
  const Buffer got(kSamples * sizeof(double));
  reference<<<kSamples, kThreads>>>(
      static_cast<const T*>(a), static_cast<const T*>(w), c.as<const R>(),
      Sampled{shape.batch, shape.m, shape.n, shape.k}, want.as<double>(), got.as<double>());
  check_launch("reference product");
  std::vector<double> x(kSamples);
  std::vector<double> y(kSamples);
  check(cudaMemcpy(x.data(), want.as<void>(), want.bytes(), cudaMemcpyDeviceToHost), "cudaMemcpy");
  check(cudaMemcpy(y.data(), got.as<void>(), got.bytes(), cudaMemcpyDeviceToHost), "cudaMemcpy");
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    difference += (x[i] - y[i]) * (x[i] - y[i]);
    norm += x[i] * x[i];
  }
  return std::sqrt(difference / norm);
}

}  // namespace

void check_product(const Blas& blas, Dtype dtype, const Shape& shape, Pool& pool,
                   cudaStream_t stream) {
  const Product product(blas, dtype, shape);
  if (product.algorithms() == 0) return;
  const auto values = [&](std::int64_t rows, std::int64_t columns) {
    return static_cast<std::size_t>(shape.batch * rows * columns);
  };
  const void* a = pool.slice(values(shape.m, shape.k) * bytes_of(dtype));
  const void* w = pool.slice(values(shape.n, shape.k) * bytes_of(dtype));
  const Buffer c(values(shape.m, shape.n) * result_bytes(dtype));
  for (std::size_t i = 0; i < product.algorithms(); ++i) {
    poison(c);
    product.run(i, a, w, c.as<void>(), stream);
    check(cudaStreamSynchronize(stream), "matrix product");
    double off = 0;
    switch (dtype) {
      case Dtype::bf16: off = error<__nv_bfloat16, __nv_bfloat16>(a, w, c, shape); break;
      case Dtype::fp16: off = error<__half, __half>(a, w, c, shape); break;
      case Dtype::fp8: off = error<__nv_fp8_e4m3, __nv_bfloat16>(a, w, c, shape); break;
      case Dtype::int8: off = error<std::int8_t, std::int32_t>(a, w, c, shape); break;
    }
    require(off < 0.01, "a " + name(dtype) + " matrix product is off by " + std::to_string(off));
  }
}

}  // namespace gpusize::probe
