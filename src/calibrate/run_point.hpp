#pragma once
// What a run does under its load, in base units; a metric is read off it (metrics.cpp).

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "calibrate/resolve.hpp"
#include "gpusize/estimate/step.hpp"

namespace gpusize::calibrate {

/// Numbers of one run; those that its mode does not have stay empty.
struct RunPoint {
  std::optional<double> step_s;        ///< one forward pass
  std::optional<double> ttft_s;        ///< mean over the requests
  std::optional<double> ttft_first_s;  ///< of the first request of a static batch
  std::optional<double> tpot_s;        ///< time per output token after the first
  std::optional<double> e2e_s;         ///< of one request, or of the whole static batch
  std::optional<double> requests_per_s;
  std::optional<double> output_tok_s;  ///< whole deployment
  std::optional<double> input_tok_s;   ///< whole deployment
  std::optional<double> user_tok_s;    ///< one stream
  std::optional<double> itl_intercept_s;
  std::optional<double> itl_slope_s;  ///< seconds per token and token of context
  double gpus = 1.0;
};

/// The point of a row by its mode and load.
Outcome<RunPoint> run_point(const RunConditions& run, ResolvedRow& row);

/// Prefill and decode on pools of their own (disaggregated.cpp).
Outcome<RunPoint> disaggregated_point(const RunConditions& run, const ResolvedRow& row);

/// Requests that a run sends, as stated, else what load generators send when nobody says otherwise:
/// from a data set 1,000 (the default of vLLM's and SGLang's generators), ten a client of generated
/// ones. Never fewer than its clients (simulation.cpp).
double requests_of(const RunConditions& run, const ResolvedRow& row);

/// A burst or a closed loop, request by request (simulated.cpp).
Outcome<RunPoint> simulated_point(const RunConditions& run, const ResolvedRow& row);

/// Steps in the words of a run (steps.cpp). `sequences` and `batch` count per attention-DP rank and
/// pipeline microbatch.
double per_rank(const Layout& layout, double requests);
Seconds decode_time(StepEstimator& estimator, double sequences, double context);
/// Prompts of `tokens` tokens for `sequences` sequences, in as many steps as the engine's budget of
/// tokens per step asks for; `context` tokens are cached before.
struct PrefillTime {
  Seconds all;
  Seconds one;  ///< of one prompt alone
};
PrefillTime prefill_time(StepEstimator& estimator, double sequences, double tokens,
                         double context = 0.0);

/// The same of `prompts` on one attention rank by an engine that sends the parts of a prompt
/// through the stages of a pipeline one behind the other.
PrefillTime pipelined_prefill(StepEstimator& estimator, double prompts, double tokens,
                              double context);

/// Requests that run at once: what the KV cache holds, within the engine's limit.
struct Capacity {
  double in_flight = 0.0;
};
Outcome<Capacity> capacity_of(const Deployment& deployment, double tokens);

}  // namespace gpusize::calibrate
