#pragma once
// What runs on what: engines on cards, number formats on cards.

#include <optional>
#include <string>
#include <string_view>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/ops/weight_plan.hpp"

namespace gpusize {

/// Whether the engine's profile covers this card.
bool engine_runs_on(const EngineProfile& engine, const GpuSpec& gpu);

/// The first engine that runs on the card, in the order vllm, sglang, tensorrt-llm, lmdeploy,
/// llama.cpp, transformers; null when none does. `bare_ok` adds cuda-graph (no serving) at the end.
const EngineProfile* default_engine(const Catalog& catalog, const GpuSpec& gpu, bool bare_ok);

/// plan_weights() with 16-bit formats changed to the one that the card computes in (bf16 falls back
/// to fp16 on cards without it); `note` says when that happened. With an engine, packed experts are
/// padded as its kernels on this card want them.
struct ResolvedWeights {
  WeightPlan plan;
  std::string note;
};
Result<ResolvedWeights> resolve_weights(const ModelSpec& model, std::string_view request,
                                        const GpuSpec& gpu, const EngineProfile* engine);

/// The KV cache format of a request: `auto` is what the checkpoint asks for, else 16 bits.
Result<Dtype> resolve_kv(const ModelSpec& model, std::string_view request, const GpuSpec& gpu);

/// The format in which weights of a format are multiplied where the card has the choice.
/// Weight-only MXFP4 (gpt-oss) meets 16-bit activations on cards without FP4 and FP8 ones on cards
/// with it: the mixed MXFP4 x MXFP8 products of Blackwell and CDNA 4 run at the FP8 rate, and no
/// engine quantises these activations to 4 bits.
Dtype multiplied_as(const WeightFormat& format, const GpuSpec& gpu);

/// Why a card cannot hold or multiply these formats, or nothing. Weights of 8 bits need the card's
/// own arithmetic unless they are weight-only; those, int4 and mxfp4 are widened to 16 bits on the
/// way, and so is a cache of int8.
std::optional<std::string> format_problem(const WeightPlan& weights, Dtype kv, const GpuSpec& gpu);

/// Why the dated rules of data/compat refuse weights that the card has a peak for (INT8 without
/// tensor cores, say) or no kernels that widen them, with the rule's source; or nothing.
std::optional<std::string> forbidden_format(const CompatTable& table, const GpuSpec& gpu,
                                            const WeightPlan& weights);

}  // namespace gpusize
