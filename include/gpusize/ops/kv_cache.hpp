#pragma once
// Bytes that a sequence keeps between steps.

#include <cstdint>

#include "gpusize/catalog/model.hpp"
#include "gpusize/core/layout.hpp"
#include "gpusize/core/quantity.hpp"

namespace gpusize {

/// Cache of one attention block on one GPU as a function of sequence length.
struct KvFootprint {
  BytesPerToken growing;   ///< per token of context, without bound
  BytesPerToken windowed;  ///< per token of context up to `window` tokens
  BytesPerToken
      unlisted;  ///< as growing, but left out of published tables (block-sparse index keys)
  std::int64_t window = 0;
  Bytes fixed;  ///< per sequence (linear-attention state, convolution, compressor state)

  /// Bytes of `tokens` tokens.
  [[nodiscard]] Bytes of(Tokens tokens) const;
};

/// Bytes of one cached vector of `elements` numbers. fp8: one byte each; int8 and int4 carry a
/// 16-bit scale and zero point per vector (LMDeploy's layout), nvfp4 a scale byte per 16.
double kv_vector_bytes(double elements, Dtype kv);

/// Bytes per token of context over all layers of the whole model (one copy), as published tables
/// count them: windows count as if they grew. For V4 only the growing part.
/// Tested: tests/validation/kv_bytes_per_token.csv.
BytesPerToken kv_bytes_per_token(const ModelSpec& model, Dtype kv);
/// Only what keeps growing with context.
BytesPerToken kv_growing_bytes_per_token(const ModelSpec& model, Dtype kv);

/// Cache of one sequence of `tokens` tokens on one GPU of the fullest pipeline stage; tokens are
/// rounded up to whole blocks of `block` tokens. `with_mtp` keeps the draft module's cache too.
Bytes kv_bytes_per_sequence(const ModelSpec& model, const Layout& layout, Dtype kv,
                            std::int64_t tokens, std::int64_t block, bool with_mtp = false);

/// Bytes that one token adds on one GPU of the fullest stage once every window is full.
BytesPerToken kv_bytes_per_token_per_gpu(const ModelSpec& model, const Layout& layout, Dtype kv,
                                         bool with_mtp = false);

}  // namespace gpusize
