#pragma once
// Results of vLLM's serving benchmark (`vllm bench serve --save-result`, `benchmark_serving.py`):
// one JSON object a run, alone, in a list, or one a line (`--append-result`).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// One run as written. Times are means over requests, in milliseconds.
struct BenchRun {
  std::string model;    ///< `model_id`
  std::string backend;  ///< `backend` or `endpoint_type`
  std::string date;     ///< ISO, from `20260714-120000`; empty: not stated
  double completed = 0.0;
  double prompts = 0.0;  ///< asked for; 0: not stated
  double input_tokens = 0.0;
  double output_tokens = 0.0;
  std::optional<double> max_concurrency;
  std::optional<double> request_rate;  ///< per second; nothing: all at once ("inf")
  double mean_ttft_ms = 0.0;
  std::optional<double> mean_tpot_ms;
  Location where;  ///< of the object
};

/// All runs of a file. Faults: what the JSON reader says, `bench-missing`, `bench-number`.
Result<std::vector<BenchRun>> read_bench_serve(const std::string& path);
/// The same from text; `file` names it in messages.
Result<std::vector<BenchRun>> parse_bench_serve(const std::string& file, std::string_view text);

}  // namespace gpusize
