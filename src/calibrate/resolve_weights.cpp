#include <array>

#include <fmt/format.h>

#include "calibrate/resolve.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/estimate/support.hpp"

namespace gpusize::calibrate {
namespace {

struct WeightName {
  std::string_view name;     ///< as rows write it
  std::string_view request;  ///< as plan_weights takes it
  std::string_view assumption;
};

constexpr std::array<WeightName, 18> kNames{{
    {"fp32", "fp32", ""},
    {"bf16", "bf16", ""},
    {"fp16", "fp16", ""},
    {"fp8", "fp8", ""},
    {"int8", "int8", ""},
    {"nvfp4", "nvfp4", ""},
    {"mxfp4", "mxfp4", ""},
    {"native", "native", ""},
    {"int4-awq", "awq", ""},
    {"awq", "awq", ""},
    {"int4-gptq", "gptq", ""},
    {"gptq", "gptq", ""},
    {"int4", "gptq", "int4 weights: groups of 128 with 16-bit arithmetic"},
    {"w4a8", "awq", "w4a8: int4 weights in groups of 128, 8-bit arithmetic where the card has it"},
    {"mxfp8", "fp8", "mxfp8: taken as fp8"},
    {"q8_0", "int8", "q8_0: taken as int8"},
    {"q4_k_m", "gptq", "q4_k_m: int4 at 4.85 bits an element, 16-bit arithmetic"},
    {"q4_0", "gptq", "q4_0: int4 at 4.5 bits an element, 16-bit arithmetic"},
}};

bool is_fp8(QuantMethod m) {
  return m == QuantMethod::kMxfp8 || m == QuantMethod::kFp8Block || m == QuantMethod::kFp8Tensor ||
         m == QuantMethod::kFp8Channel;
}

/// Whether the published checkpoint is already in the format: its own exclusions are then known.
bool is_published_so(const ModelSpec& model, std::string_view name) {
  const QuantMethod m = model.quant.method;
  if (name == "fp8" || name == "mxfp8") return is_fp8(m);
  if (name == "mxfp4") return m == QuantMethod::kMxfp4;
  if (name == "nvfp4") return m == QuantMethod::kNvfp4;
  if (name == "int4")
    return m == QuantMethod::kInt4Group || m == QuantMethod::kAwq || m == QuantMethod::kGptq;
  return false;
}

/// llama.cpp's block formats: every matrix, embedding and head among them, at `bits` an element.
/// Source of the sizes: llama.cpp tools/quantize/README.md (bits per weight of Llama 3.1).
void set_block_format(WeightPlan& plan, double bits, std::string_view name) {
  constexpr double kGroup = 32.0;
  plan.name = std::string(name);
  for (const TensorRole role : {TensorRole::kEmbedding, TensorRole::kLmHead, TensorRole::kAttention,
                                TensorRole::kAttentionOutput, TensorRole::kDenseFfn,
                                TensorRole::kSharedExpert, TensorRole::kExpert}) {
    WeightFormat& format = plan.formats.at(static_cast<std::size_t>(role));
    format = {};
    format.storage = Dtype::kInt4;
    format.compute = Dtype::kFp16;
    format.quant = default_quant(QuantMethod::kInt4Group);
    format.quant.group = static_cast<std::int64_t>(kGroup);
    format.quant.scale_bytes = kGroup * (bits - bits_of(Dtype::kInt4)) / 8.0;
    format.quant.weight_only = true;
  }
}

void set_eight_bit_arithmetic(WeightPlan& plan, const GpuSpec& gpu) {
  plan.name = "w4a8";
  const Dtype compute = gpu.peak(Dtype::kFp8) ? Dtype::kFp8 : Dtype::kInt8;
  for (WeightFormat& format : plan.formats) {
    if (format.storage == Dtype::kInt4 && gpu.peak(compute)) format.compute = compute;
  }
}

/// The format that ends the printed name of a checkpoint (`Llama-3.3-70B-FP8`), as rows write it:
/// `native` weights of such a row are not those of the model's first publication.
std::string format_in_name(std::string_view printed) {
  const std::vector<std::string> parts = split(to_lower(printed), '-');
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (*part == "dynamic" || *part == "block") continue;  // how activations or scales are cut
    for (const std::string_view format : {"fp8", "nvfp4", "mxfp4", "awq", "gptq"}) {
      if (*part == format) return *part;
    }
    return {};
  }
  return {};
}

}  // namespace

Outcome<WeightPlan> resolve_weight_plan(const RunConditions& run, const ModelSpec& model,
                                        const GpuSpec& gpu, const EngineProfile& engine,
                                        std::vector<std::string>& assumptions) {
  if (run.weights.empty()) return Refusal{"weight format not stated", "weight format not stated"};
  std::string name = to_lower(run.weights);
  if (name == "native") {
    const std::string printed = format_in_name(run.model_as_printed);
    if (!printed.empty() && !is_published_so(model, printed)) {
      name = printed;
      assumptions.push_back(fmt::format("native weights of {}: {}", run.model_as_printed, printed));
    }
  }
  for (const WeightName& known : kNames) {
    if (known.name != name) continue;
    const bool published = is_published_so(model, name);
    auto plan = resolve_weights(model, published ? "native" : known.request, gpu, &engine);
    if (!plan.ok()) return Refusal{"weight format not modelled", plan.errors().front().message};
    if (!published && !known.assumption.empty()) assumptions.emplace_back(known.assumption);
    WeightPlan out = std::move(plan->plan);
    if (name == "q4_k_m") set_block_format(out, 4.85, name);
    if (name == "q4_0") set_block_format(out, 4.5, name);
    if (name == "w4a8") set_eight_bit_arithmetic(out, gpu);
    return out;
  }
  return Refusal{"weight format not modelled", fmt::format("weight format \"{}\"", run.weights)};
}

}  // namespace gpusize::calibrate
