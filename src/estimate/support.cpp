#include "gpusize/estimate/support.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 6> kServingOrder{"vllm",     "sglang",    "tensorrt-llm",
                                                        "lmdeploy", "llama.cpp", "transformers"};

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Dtype sixteen_bits(const ModelSpec& model, const GpuSpec& gpu) {
  const Dtype wanted = bits_of(model.native) == 16.0 ? model.native : Dtype::kBf16;
  if (gpu.peak(wanted)) return wanted;
  return gpu.peak(Dtype::kBf16) ? Dtype::kBf16 : Dtype::kFp16;
}

/// Narrow formats that are either multiplied as they are or widened first.
bool is_narrow(Dtype storage) {
  return storage == Dtype::kFp8 || storage == Dtype::kInt8 || storage == Dtype::kNvfp4;
}

/// What the compatibility rules call the arithmetic, or the kernels that widen, of a format.
std::string_view compat_subject(const WeightFormat& format) {
  if (!is_narrow(format.storage)) return {};
  if (!format.quantises_activations() && format.storage != Dtype::kNvfp4)
    return format.storage == Dtype::kInt8 ? "gptq" : "marlin";
  return format.storage == Dtype::kNvfp4 ? "fp4" : name_of(format.storage);
}

}  // namespace

bool engine_runs_on(const EngineProfile& engine, const GpuSpec& gpu) {
  return contains(engine.vendors, gpu.vendor) &&
         !contains(engine.architectures_excluded, gpu.architecture);
}

const EngineProfile* default_engine(const Catalog& catalog, const GpuSpec& gpu, bool bare_ok) {
  for (const std::string_view id : kServingOrder) {
    const auto found = catalog.find_engine(id);
    if (found.ok() && engine_runs_on(*found->entry, gpu)) return found->entry;
  }
  if (!bare_ok) return nullptr;
  const auto bare = catalog.find_engine("cuda-graph");
  return bare.ok() ? bare->entry : nullptr;
}

Result<ResolvedWeights> resolve_weights(const ModelSpec& model, std::string_view request,
                                        const GpuSpec& gpu, const EngineProfile* engine) {
  auto plan = plan_weights(model, request);
  if (!plan.ok()) return plan.errors();
  ResolvedWeights out{std::move(plan).value(), ""};
  const WeightFormat& experts = out.plan.of(TensorRole::kExpert);
  if (engine != nullptr && model.has_experts()) {
    if (const PaddingRule* rule = engine->padding_of(experts.storage, gpu.architecture))
      out.plan.expert_padding = rule->padding;
  }
  if (model.has_experts() && multiplied_as(experts, gpu) != experts.compute) {
    out.note = fmt::format("{} multiplies mxfp4 weights with fp8 activations", gpu.id);
  }
  const bool bf16_missing = !gpu.peak(Dtype::kBf16) && gpu.peak(Dtype::kFp16).has_value();
  if (!bf16_missing) return out;
  for (WeightFormat& format : out.plan.formats) {
    if (format.storage == Dtype::kBf16) format.storage = Dtype::kFp16;
    if (format.compute == Dtype::kBf16) format.compute = Dtype::kFp16;
  }
  if (request == "native" && bits_of(model.native) == 16.0 &&
      model.quant.method == QuantMethod::kNone) {
    out.plan.name = "fp16";
    out.note = fmt::format("{} does not compute in bf16: the weights are taken as fp16", gpu.id);
  }
  return out;
}

Result<Dtype> resolve_kv(const ModelSpec& model, std::string_view request, const GpuSpec& gpu) {
  if (request == "auto" || request == "native")
    return model.quant.kv_dtype.value_or(sixteen_bits(model, gpu));
  const auto dtype = dtype_from(request);
  const bool stored = dtype && (bits_of(*dtype) == 16.0 || *dtype == Dtype::kFp8 ||
                                *dtype == Dtype::kInt8 || *dtype == Dtype::kFp32);
  if (!stored) {
    return make_error("est-unknown-kv", fmt::format("unknown KV cache format \"{}\"", request), {},
                      "one of: auto, bf16, fp16, fp8, int8, fp32");
  }
  return *dtype;
}

Dtype multiplied_as(const WeightFormat& format, const GpuSpec& gpu) {
  const bool has_fp4 = gpu.peak(Dtype::kMxfp4) || gpu.peak(Dtype::kNvfp4);
  const bool mixed = format.storage == Dtype::kMxfp4 && format.quant.weight_only;
  return mixed && has_fp4 && gpu.peak(Dtype::kFp8) ? Dtype::kFp8 : format.compute;
}

std::optional<std::string> format_problem(const WeightPlan& weights, Dtype kv, const GpuSpec& gpu) {
  for (const WeightFormat& format : weights.formats) {
    const bool multiplied = format.quantises_activations() || format.storage == Dtype::kNvfp4;
    if (is_narrow(format.storage) && multiplied && !gpu.peak(format.storage)) {
      return fmt::format("the card does not compute in {} (weights {})", name_of(format.storage),
                         weights.name);
    }
  }
  if (kv == Dtype::kFp8 && !gpu.peak(Dtype::kFp8)) return "the card has no fp8 (KV cache fp8)";
  if (!gpu.peak(Dtype::kBf16) && !gpu.peak(Dtype::kFp16)) {
    return "no 16-bit peak of the card is known";
  }
  return {};
}

std::optional<std::string> forbidden_format(const CompatTable& table, const GpuSpec& gpu,
                                            const WeightPlan& weights) {
  for (const WeightFormat& format : weights.formats) {
    const std::string_view subject = compat_subject(format);
    if (subject.empty()) continue;
    const CompatAnswer answer = ask_compat(table, gpu, {std::string(subject), ""});
    if (answer.support == Support::kNo)
      return fmt::format("{} [{}, {}]", answer.reason, answer.source.title, answer.source.as_of);
  }
  return {};
}

}  // namespace gpusize
