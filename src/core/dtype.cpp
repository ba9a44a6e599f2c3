#include "gpusize/core/dtype.hpp"

#include <array>
#include <utility>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::pair<Dtype, std::string_view>, 9> kNames{{
    {Dtype::kFp32, "fp32"},
    {Dtype::kTf32, "tf32"},
    {Dtype::kBf16, "bf16"},
    {Dtype::kFp16, "fp16"},
    {Dtype::kFp8, "fp8"},
    {Dtype::kInt8, "int8"},
    {Dtype::kInt4, "int4"},
    {Dtype::kMxfp4, "mxfp4"},
    {Dtype::kNvfp4, "nvfp4"},
}};

constexpr std::array<std::pair<std::string_view, Dtype>, 10> kConfigNames{{
    {"float32", Dtype::kFp32},
    {"float", Dtype::kFp32},
    {"bfloat16", Dtype::kBf16},
    {"float16", Dtype::kFp16},
    {"half", Dtype::kFp16},
    {"float8_e4m3fn", Dtype::kFp8},
    {"fp8_e4m3", Dtype::kFp8},
    {"e4m3", Dtype::kFp8},
    {"fp8_e5m2", Dtype::kFp8},
    {"fp4", Dtype::kMxfp4},
}};

}  // namespace

std::string_view name_of(Dtype dtype) { return kNames.at(static_cast<std::size_t>(dtype)).second; }

std::optional<Dtype> dtype_from(std::string_view name) {
  std::string lower = to_lower(name);
  constexpr std::string_view kTorch = "torch.";
  if (lower.starts_with(kTorch)) lower.erase(0, kTorch.size());
  for (const auto& [dtype, text] : kNames) {
    if (text == lower) return dtype;
  }
  for (const auto& [text, dtype] : kConfigNames) {
    if (text == lower) return dtype;
  }
  return {};
}

}  // namespace gpusize
