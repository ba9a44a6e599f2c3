#include "gate/formats_asked.hpp"

#include <array>
#include <string_view>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// One word of `--quantization`; names that begin with it mean the same unless a later row fits.
struct Quantization {
  std::string_view word;
  std::string_view weights;  ///< empty: the size that it leaves is not known
  std::string_view kernel;
};
/// `native`: the option only repeats or names what the checkpoint is. Longer names come first.
constexpr auto kQuantizations = std::to_array<Quantization>({
    {"fp8", "fp8", "fp8"},
    {"fbgemm_fp8", "fp8", "fp8"},
    {"ptpc_fp8", "fp8", "fp8"},
    {"w8a8_fp8", "fp8", "fp8"},
    {"w8a8_int8", "int8", "int8"},
    {"modelopt_fp4", "nvfp4", "fp4"},
    {"modelopt_mixed", "native", ""},
    {"modelopt_mxfp8", "native", ""},
    {"modelopt", "fp8", "fp8"},
    {"petit_nvfp4", "nvfp4", ""},
    {"nvfp4", "nvfp4", "fp4"},
    {"mxfp4", "mxfp4", ""},
    {"awq_marlin", "awq", "marlin"},
    {"awq", "awq", "awq"},
    {"gptq_marlin", "gptq", "marlin"},
    {"gptq", "gptq", "gptq"},
    {"marlin", "native", "marlin"},
    {"compressed-tensors", "native", ""},
    {"moe_wna16", "native", ""},
    {"quark", "native", ""},
    {"auto-round", "native", ""},
    {"inc", "native", ""},
    {"none", "native", ""},
    {"auto", "native", ""},
    {"null", "native", ""},
});

const Quantization* find(const ServingArgs& a) {
  if (!a.quantization) return nullptr;
  const std::string asked = to_lower(a.quantization->value);
  for (const Quantization& q : kQuantizations) {
    if (asked.starts_with(q.word)) return &q;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> weights_asked(const ServingArgs& a) {
  if (a.quantization && !a.quantization->value.empty()) {
    const Quantization* q = find(a);
    if (q == nullptr) return {};
    if (q->weights != "native") return std::string(q->weights);
  }
  if (a.dtype) {
    const std::string dtype = to_lower(a.dtype->value);
    if (dtype == "float32" || dtype == "float") return "fp32";
  }
  return "native";
}

std::string kv_asked(const ServingArgs& a) {
  if (!a.kv_cache_dtype) return "auto";
  const std::string kv = to_lower(a.kv_cache_dtype->value);
  if (kv.starts_with("fp8") || kv.starts_with("float8")) return "fp8";
  if (kv == "f16" || kv == "half" || kv == "float16") return "fp16";
  if (kv == "bfloat16") return "bf16";
  if (kv == "q8_0" || kv == "int8") return "int8";
  return kv;
}

std::string kernel_asked(const ServingArgs& a) {
  const Quantization* q = find(a);
  return q == nullptr ? std::string() : std::string(q->kernel);
}

}  // namespace gpusize
