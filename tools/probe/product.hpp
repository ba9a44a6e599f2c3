#pragma once
// One matrix product C[m,n] = A[m,k] W[n,k]^T through the vendor's lightweight BLAS, with its
// candidate algorithms.
#include <cstdint>
#include <vector>

#include "memory.hpp"
#include "probe.hpp"

namespace gpusize::probe {

struct Shape {
  const char* variant;
  std::int64_t m;
  std::int64_t n;
  std::int64_t k;
  std::int64_t batch = 1;  // as many independent products of this size, one after another in memory
};

/// The library's handle, its workspace and the scale factors of fp8.
class Blas {
 public:
  Blas();
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;
  ~Blas();
  cublasLtHandle_t handle() const { return handle_; }
  const Buffer& workspace() const { return workspace_; }
  const float* one() const { return one_.as<float>(); }

 private:
  cublasLtHandle_t handle_ = nullptr;
  Buffer workspace_;
  Buffer one_;
};

class Product {
 public:
  Product(const Blas& blas, Dtype dtype, const Shape& shape);
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;
  ~Product();

  /// In the library's order; none where it has no kernel for the product.
  std::size_t algorithms() const { return found_.size(); }
  void run(std::size_t algorithm, const void* a, const void* w, void* c, cudaStream_t stream) const;

 private:
  void find(int most);

  const Blas& blas_;
  bool integer_;
  cublasLtMatmulDesc_t what_ = nullptr;
  cublasLtMatrixLayout_t a_ = nullptr;
  cublasLtMatrixLayout_t w_ = nullptr;
  cublasLtMatrixLayout_t c_ = nullptr;
  std::vector<cublasLtMatmulHeuristicResult_t> found_;
};

/// Bytes of one element of the result: int8 products give 32-bit integers, all others bf16 or fp16.
std::size_t result_bytes(Dtype dtype);

/// Compares some 500 elements with sums in double precision; throws where they differ.
void check_product(const Blas& blas, Dtype dtype, const Shape& shape, Pool& pool,
                   cudaStream_t stream);

/// The fastest of the first few algorithms, and the first one where that is another. False: no
/// kernel for it.
bool time_product(Context& context, const Blas& blas, Dtype dtype, const Shape& shape, Pool& pool,
                  const Buffer& results, Row& row);

}  // namespace gpusize::probe
