#include "gpusize/catalog/quantisation.hpp"

namespace gpusize {

std::string_view name_of(TensorRole role) {
  switch (role) {
    case TensorRole::kEmbedding: return "embedding";
    case TensorRole::kLmHead: return "lm head";
    case TensorRole::kAttention: return "attention";
    case TensorRole::kAttentionOutput: return "attention output";
    case TensorRole::kIndexer: return "indexer";
    case TensorRole::kDenseFfn: return "dense ffn";
    case TensorRole::kRouter: return "router";
    case TensorRole::kSharedExpert: return "shared experts";
    case TensorRole::kExpert: return "experts";
    case TensorRole::kNorm: return "norms";
    case TensorRole::kOther: return "other";
    case TensorRole::kMtp: return "mtp";
    case TensorRole::kVision: return "vision";
  }
  return "other";
}

std::string_view name_of(QuantMethod method) {
  switch (method) {
    case QuantMethod::kNone: return "none";
    case QuantMethod::kFp8Block:
    case QuantMethod::kFp8Tensor:
    case QuantMethod::kFp8Channel: return "fp8";
    case QuantMethod::kMxfp8: return "mxfp8";
    case QuantMethod::kInt8: return "int8";
    case QuantMethod::kAwq: return "awq";
    case QuantMethod::kGptq: return "gptq";
    case QuantMethod::kMxfp4: return "mxfp4";
    case QuantMethod::kNvfp4: return "nvfp4";
    case QuantMethod::kInt4Group: return "int4";
  }
  return "none";
}

TensorQuant default_quant(QuantMethod method) {
  TensorQuant q;
  q.method = method;
  switch (method) {
    case QuantMethod::kNone: break;
    case QuantMethod::kFp8Block:
    case QuantMethod::kFp8Tensor:
    case QuantMethod::kFp8Channel:
    case QuantMethod::kInt8: q.scale_bytes = 4.0; break;
    case QuantMethod::kMxfp8:
      q.group = 32;
      q.scale_bytes = 1.0;
      break;
    case QuantMethod::kAwq:
    case QuantMethod::kGptq:
      q.group = 128;
      q.scale_bytes = 2.5;  // a 16-bit scale and a 4-bit zero point
      q.weight_only = true;
      break;
    case QuantMethod::kMxfp4:
      q.group = 32;
      q.scale_bytes = 1.0;
      q.weight_only = true;
      break;
    case QuantMethod::kNvfp4:
      q.group = 16;
      q.scale_bytes = 1.0;
      break;
    case QuantMethod::kInt4Group:
      q.group = 32;
      q.scale_bytes = 2.0;
      q.weight_only = true;
      break;
  }
  return q;
}

}  // namespace gpusize
