#include "product.hpp"

#include <algorithm>
#include <string>

namespace gpusize::probe {
namespace {

constexpr std::size_t kWorkspace = 64U << 20U;
constexpr int kCandidates = 5;
constexpr double kWorthwhile = 0.99;  // another algorithm must be this much faster than the first

cudaDataType_t type_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16: return CUDA_R_16BF;
    case Dtype::fp16: return CUDA_R_16F;
    case Dtype::fp8: return CUDA_R_8F_E4M3;
    case Dtype::int8: return CUDA_R_8I;
  }
  return CUDA_R_16BF;
}

cudaDataType_t result_of(Dtype dtype) {
  if (dtype == Dtype::int8) return CUDA_R_32I;
  return dtype == Dtype::fp16 ? CUDA_R_16F : CUDA_R_16BF;
}

template <typename Attribute, typename Value>
void set(cublasLtMatmulDesc_t desc, Attribute attribute, const Value& value) {
  check(cublasLtMatmulDescSetAttribute(desc, attribute, &value, sizeof(value)), "matmul attribute");
}

// The library counts columns first: what is row-major here is its transpose there.
cublasLtMatrixLayout_t layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns,
                              std::int64_t batch) {
  cublasLtMatrixLayout_t out = nullptr;
  check(cublasLtMatrixLayoutCreate(&out, type, static_cast<std::uint64_t>(rows),
                                   static_cast<std::uint64_t>(columns), rows),
        "matrix layout");
  if (batch > 1) {
    const auto count = static_cast<std::int32_t>(batch);
    const std::int64_t stride = rows * columns;
    check(cublasLtMatrixLayoutSetAttribute(out, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                           sizeof(count)),
          "batch");
    check(cublasLtMatrixLayoutSetAttribute(out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                           &stride, sizeof(stride)),
          "stride");
  }
  return out;
}

}  // namespace

std::size_t result_bytes(Dtype dtype) { return dtype == Dtype::int8 ? 4 : 2; }

Blas::Blas() : workspace_(kWorkspace), one_(sizeof(float)) {
  check(cublasLtCreate(&handle_), "cublasLtCreate");
  const float one = 1;
  check(cudaMemcpy(one_.as<void>(), &one, sizeof(one), cudaMemcpyHostToDevice), "cudaMemcpy");
}

Blas::~Blas() { static_cast<void>(cublasLtDestroy(handle_)); }

Product::Product(const Blas& blas, Dtype dtype, const Shape& shape)
    : blas_(blas), integer_(dtype == Dtype::int8) {
  check(cublasLtMatmulDescCreate(&what_, integer_ ? CUBLAS_COMPUTE_32I : CUBLAS_COMPUTE_32F,
                                 integer_ ? CUDA_R_32I : CUDA_R_32F),
        "matmul descriptor");
  set(what_, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
  if (dtype == Dtype::fp8) {
    set(what_, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, blas.one());
    set(what_, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, blas.one());
#if !GPUSIZE_PROBE_HIP
    set(what_, CUBLASLT_MATMUL_DESC_FAST_ACCUM, std::int8_t{1});
#endif
  }
  w_ = layout(type_of(dtype), shape.k, shape.n, shape.batch);
  a_ = layout(type_of(dtype), shape.k, shape.m, shape.batch);
  c_ = layout(result_of(dtype), shape.n, shape.m, shape.batch);
  find(kCandidates);
}

Product::~Product() {
  for (cublasLtMatrixLayout_t each : {a_, w_, c_}) {
    if (each != nullptr) static_cast<void>(cublasLtMatrixLayoutDestroy(each));
  }
  if (what_ != nullptr) static_cast<void>(cublasLtMatmulDescDestroy(what_));
}

void Product::find(int most) {
  cublasLtMatmulPreference_t preference = nullptr;
  check(cublasLtMatmulPreferenceCreate(&preference), "matmul preference");
  const std::size_t bytes = blas_.workspace().bytes();
  check(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                             &bytes, sizeof(bytes)),
        "matmul preference");
  found_.resize(static_cast<std::size_t>(most));
  int got = 0;
  const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
      blas_.handle(), what_, w_, a_, c_, c_, preference, most, found_.data(), &got);
  static_cast<void>(cublasLtMatmulPreferenceDestroy(preference));
  if (status != CUBLAS_STATUS_NOT_SUPPORTED) check(status, "matmul heuristic");
  found_.resize(status == CUBLAS_STATUS_SUCCESS ? static_cast<std::size_t>(got) : 0);
}

void Product::run(std::size_t algorithm, const void* a, const void* w, void* c,
                  cudaStream_t stream) const {
  const float alpha = 1;
  const float beta = 0;
  const std::int32_t whole_alpha = 1;
  const std::int32_t whole_beta = 0;
  const void* up = integer_ ? static_cast<const void*>(&whole_alpha) : &alpha;
  const void* down = integer_ ? static_cast<const void*>(&whole_beta) : &beta;
  check(cublasLtMatmul(blas_.handle(), what_, up, w, w_, a, a_, down, c, c_, c, c_,
                       &found_[algorithm].algo, blas_.workspace().as<void>(),
                       blas_.workspace().bytes(), stream),
        "cublasLtMatmul");
}

bool time_product(Context& context, const Blas& blas, Dtype dtype, const Shape& shape, Pool& pool,
                  const Buffer& results, Row& row) {
  const Product product(blas, dtype, shape);
  const auto bytes = [&](std::int64_t rows, std::int64_t columns, std::size_t each) {
    return static_cast<std::size_t>(rows * columns * shape.batch) * each;
  };
  const std::size_t weight = bytes(shape.n, shape.k, bytes_of(dtype));
  const std::size_t input = bytes(shape.m, shape.k, bytes_of(dtype));
  const std::size_t result = bytes(shape.m, shape.n, result_bytes(dtype));
  if (product.algorithms() == 0 || weight > pool.bytes() || input > pool.bytes() ||
      result > results.bytes()) {
    return false;
  }
  std::size_t slots = slots_for(context.device, static_cast<double>(weight + input));
  slots = std::max<std::size_t>(1, std::min(slots, pool.bytes() / (weight + input + 512)));
  const std::size_t room =
      std::max<std::size_t>(1, std::min(slots, results.bytes() / (result + 256)));
  const std::size_t step = (result + 255) / 256 * 256;
  const auto a = pool.slices(input, slots);
  const auto w = pool.slices(weight, slots);
  const auto launch = [&](std::size_t algorithm) {
    return [&, algorithm](cudaStream_t stream, std::size_t slot) {
      product.run(algorithm, a[slot], w[slot], results.as<char>(slot % room * step), stream);
    };
  };
  std::size_t best = 0;
  double least = context.timer.glance_us(launch(0), slots);
  for (std::size_t i = 1; i < product.algorithms(); ++i) {
    const double us = context.timer.glance_us(launch(i), slots);
    if (us < least * kWorthwhile) {
      best = i;
      least = us;
    }
  }
  row.dtype = name(dtype);
  row.variant = shape.variant;
  row.flop = 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) *
             static_cast<double>(shape.k) * static_cast<double>(shape.batch);
  row.bytes = static_cast<double>(weight + input + result);
  row.timing = context.timer.graph(launch(best), slots);
  row.us_first = best == 0 ? 0 : context.timer.graph(launch(0), slots).us;
  return true;
}

}  // namespace gpusize::probe
