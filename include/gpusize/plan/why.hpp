#pragma once
// Reasons of estimated numbers, down to catalog facts and what the user said. Made only for numbers
// that are shown, never inside a search. Every tree replays: each formula's text gives the code's
// value from the inputs below it.
// Tested: replay of every number of estimate documents over models, cards and layouts.

#include <memory>
#include <optional>
#include <span>

#include "gpusize/core/derivation.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/estimate/serving.hpp"
#include "gpusize/estimate/step.hpp"

namespace gpusize {

/// Reasons of what somebody chose. What is not set is told as an input of the estimate's options.
struct Chosen {
  Why tp;
  Why pp;
  Why ep;
  Why dp;
  Why sequences;       ///< per attention-DP rank and microbatch
  Why query_tokens;    ///< new tokens per sequence
  Why context_tokens;  ///< tokens already in the cache, per sequence
};

/// Time of all executions of one operator, in ms.
Why why_operator(const StepEstimator& estimator, const StepShape& shape, const OperatorTime& op,
                 const Chosen& chosen = {});
/// FLOPs, weight, activation, KV and link bytes of all executions of one operator.
struct OperatorWhys {
  Why count;
  Why flops;
  Why weight_bytes;
  Why activation_bytes;
  Why kv_bytes;
  Why comm_bytes;
  Why time_ms;
};
OperatorWhys why_operator_row(const StepEstimator& estimator, const StepShape& shape,
                              const OperatorTime& op, const Chosen& chosen = {});
/// Host time of a step, in ms, from the engine profile.
Why why_host(const StepEstimator& estimator, const StepShape& shape, const Chosen& chosen = {});
/// The symbols of what the operators of a step have: its own, or those of one of two micro-batches.
Chosen why_micro_batch(const Deployment& deployment, const StepShape& whole, const StepShape& part,
                       const Chosen& chosen);
/// What two-batch overlap takes off a step, in ms (0 or below); null where nothing overlaps.
/// `times`: the operators' own times, in their order.
Why why_overlap(const StepEstimator& estimator, const StepBreakdown& step,
                const std::vector<Why>& times, const Chosen& chosen);
/// A whole step in ms: its operators and the host.
Why why_step(StepEstimator& estimator, const StepShape& shape, const Chosen& chosen = {});
/// `value` times one plus the low or high end of the band, with the band's reason.
Why why_band(const Deployment& deployment, const Why& value, bool high);

/// Parameter totals and checkpoint size as sums over tensor groups.
struct ParameterWhys {
  Why total;
  Why active;
  Why mtp;
  Why checkpoint_elements;
  Why checkpoint_bytes;
};
ParameterWhys why_parameters(const ModelSpec& model);

/// KV cache bytes per token of context, whole model, as published tables count.
Why why_kv_per_token(const Deployment& deployment);
/// KV cache of one sequence of `tokens` tokens on one GPU of the fullest stage.
Why why_kv_per_sequence(const Deployment& deployment, const Why& tokens, const Chosen& chosen = {});

/// Bytes that one token adds on one GPU of the fullest stage once every window is full.
Why why_kv_per_token_per_gpu(const Deployment& deployment, const Chosen& chosen = {});

/// Weight bytes on one GPU of the heaviest stage; `role` empty: all of them.
Why why_weights(const Deployment& deployment, std::optional<TensorRole> role,
                const Chosen& chosen = {});

/// The rows of MemoryPerGpu; `tokens` and `logit_rows` are those of the activation peak.
struct MemoryWhys {
  Why capacity;
  Why usable;
  Why weights;
  Why kv_cache;
  Why activations;
  Why runtime;
  Why free;
  Why kv_room;
};
MemoryWhys why_memory(const Deployment& deployment, const MemoryPerGpu& memory, const Why& kv_cache,
                      const Why& tokens, const Why& logit_rows, const Chosen& chosen = {});
/// The peak that the engine's limits imply: tokens and sampled rows of one step.
Why why_engine_tokens(const Deployment& deployment);
Why why_engine_rows(const Deployment& deployment);

/// The latencies and the rate of one operating point of a replica, in ms and requests per second.
struct ServingWhys {
  Why prefill_step_ms;
  Why decode_step_ms;
  Why ttft_ms;
  Why tpot_ms;
  Why e2e_ms;
  Why requests_per_s;
};
/// `cached_tokens` is needed where the request has some.
ServingWhys why_serving(StepEstimator& estimator, const RequestShape& request,
                        const ServingPoint& point, const Why& input_tokens,
                        const Why& output_tokens, const Why& in_flight,
                        const Why& cached_tokens = nullptr);
/// The same, made when somebody looks below one of them. `owner` keeps alive what the estimator's
/// deployment points at.
ServingWhys why_serving_later(std::shared_ptr<const void> owner, const StepEstimator& estimator,
                              const RequestShape& request, const ServingPoint& point,
                              const Why& input_tokens, const Why& output_tokens,
                              const Why& in_flight);

/// Formulas that join layers (sums of rows, unit changes), for docs/formulas.md.
std::span<const Formula> plan_formulas();

}  // namespace gpusize
