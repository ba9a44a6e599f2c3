#pragma once
// Every call of a GPU library goes through check(): what failed, and why, in words.
#include <stdexcept>
#include <string>

#include "gpu_api.hpp"

namespace gpusize::probe {

inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  throw std::runtime_error(std::string(what) + ": " + cudaGetErrorName(status) + ", " +
                           cudaGetErrorString(status));
}

inline void check(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw std::runtime_error(std::string(what) + ": BLAS status " +
                           std::to_string(static_cast<int>(status)));
}

/// After each kernel launch: bad launch parameters show here, not in a return value.
inline void check_launch(const char* kernel) { check(cudaGetLastError(), kernel); }

inline void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

}  // namespace gpusize::probe
