#pragma once
// An engine's own times and memory from runs of it: host time per step and request from serving
// benchmarks, runtime memory from start-up logs.

#include <optional>
#include <string>
#include <vector>

#include "gpusize/calibrate/fit_rates.hpp"
#include "gpusize/calibrate/predict.hpp"
#include "gpusize/catalog/catalog.hpp"
#include "gpusize/spec/bench_serve.hpp"
#include "gpusize/spec/memory_log.hpp"

namespace gpusize {

/// What files of runs leave open: the deployment that was measured.
struct MeasuredDeployment {
  std::string gpu;
  std::string engine = "vllm";
  std::string model;  ///< empty: as the file states it
  std::string weights = "native";
  std::string kv;  ///< empty: as the file states it, else the checkpoint's
  std::string overrides;
  std::optional<std::int64_t> tp, pp, ep, dp;  ///< nothing: as the file states it, else 1
  std::optional<double> memory_fraction;
  std::optional<std::int64_t> max_batched_tokens, max_sequences;
  std::optional<double> batch, context;  ///< of a static batch behind a memory summary
};

/// One measured time of a run beside the estimates.
struct EnginePoint {
  Location where;
  std::string metric;  ///< `ttft_ms_mean`, `tpot_ms_mean`
  std::string load;    ///< in words
  double measured_ms = 0.0;
  double before_ms = 0.0;  ///< with the shipped profile
  double after_ms = 0.0;
};

/// One measured amount of memory on one GPU beside the estimate.
struct MemoryPoint {
  Location where;
  std::string item;
  Bytes measured;
  std::optional<Bytes> estimated;  ///< nothing: the estimator has no such amount
};

/// A number of tokens that fit, beside the estimate.
struct CachePoint {
  Location where;
  double measured_tokens = 0.0;
  double estimated_tokens = 0.0;
};

struct EngineFit {
  EngineProfile profile;  ///< with the fitted facts
  std::vector<EnginePoint> points;
  std::optional<ErrorStatistics> before, after;
  std::vector<MemoryPoint> memory;
  std::vector<CachePoint> caches;
  std::vector<FittedParameter> parameters;
};

/// Why a part of a file was not used.
struct Unused {
  Location where;
  std::string reason;
};

/// Runs of one deployment, then the profile of its engine.
class EngineFitter {
 public:
  /// `rates`: those of the card, when they were fitted in the same breath; must outlive this.
  EngineFitter(const Catalog& catalog, MeasuredDeployment deployment, const KernelRates* rates);

  /// Takes a run, or says why it cannot be: a time per token below what the card's memory allows
  /// (`cal-physics`), a deployment that cannot be resolved (`cal-deployment`).
  std::optional<Diagnostic> add(const BenchRun& run);
  std::optional<Diagnostic> add(const std::string& file, const MemoryLog& log);
  /// Nothing when nothing could be used.
  [[nodiscard]] std::optional<EngineFit> fit();
  [[nodiscard]] const std::vector<Unused>& unused() const { return unused_; }

 private:
  struct Sample {
    RunConditions run;
    Location where;
    double measured_ms = 0.0;
  };
  struct MemoryFacts {
    std::vector<double> context, communication, graphs;  ///< GiB, one per log
  };
  [[nodiscard]] RunConditions conditions(const std::string& model) const;
  [[nodiscard]] std::vector<double> times(const EngineProfile& profile);
  void fit_times(EngineFit& out);
  void fit_memory(EngineFit& out) const;

  const Catalog* catalog_;
  MeasuredDeployment deployment_;
  const KernelRates* rates_;
  std::vector<Sample> samples_;
  std::vector<MemoryPoint> memory_;
  std::vector<CachePoint> caches_;
  MemoryFacts memory_facts_;
  std::vector<Unused> unused_;
  const EngineProfile* shipped_ = nullptr;
};

/// A profile as a catalog file that `--catalog` reads.
std::string engine_overlay(const EngineProfile& profile);

}  // namespace gpusize
