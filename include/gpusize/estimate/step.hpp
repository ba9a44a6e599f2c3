#pragma once
// Time of one forward pass of a deployment: the sum over its operators, and what the engine's host
// side adds.

#include <string>
#include <vector>

#include "gpusize/core/quantity.hpp"
#include "gpusize/estimate/deployment.hpp"
#include "gpusize/hw/device.hpp"
#include "gpusize/ops/graph.hpp"

namespace gpusize {

/// A time with its 90 % band.
struct TimeBand {
  Seconds value;
  Seconds low;
  Seconds high;
};

/// How much stands behind an estimate, strongest first; the weakest link names the result.
enum class Evidence : std::uint8_t {
  kThisCard,
  kSameArchitecture,
  kOtherArchitecture,
  kDatasheetOnly
};
std::string_view name_of(Evidence evidence);

/// Relative 90 % band: time is within [1 + low, 1 + high] of the estimate.
struct RelativeBand {
  double low = 0.0;
  double high = 0.0;
};

struct OperatorTime {
  Operator op;
  Seconds time;  ///< of all `op.count` executions
  Bound bound = Bound::kLaunch;
};

/// A step of two micro-batches of which one computes while the other's tokens travel. Times are
/// those of both.
struct OverlappedStep {
  Seconds compute;
  Seconds communication;    ///< to the experts and back
  Seconds transfers;        ///< kernels that send and receive while nothing else runs
  double layers = 1.0;      ///< that communicate
  double unit_share = 1.0;  ///< of the card's compute units that communication leaves
  /// Each hides the other, but for the first layer of one micro-batch and the last of the other.
  [[nodiscard]] Seconds elapsed() const;
};

struct StepBreakdown {
  std::vector<OperatorTime> operators;
  Seconds kernels;  ///< sum of the operators
  Seconds host;     ///< scheduler, sampling and launch time that the GPU waits for
  Seconds hidden;   ///< of the kernels, by two-batch overlap
  StepShape shape;  ///< that the operators have: the step's, or that of one of two micro-batches
  OverlappedStep overlapped;
  Seconds total;  ///< kernels + host - hidden
  Flops flops;
  Bytes bytes;                   ///< weights, activations and KV moved on one GPU
  Bound bound = Bound::kLaunch;  ///< bound of the largest share of time
};

/// Estimates steps of one deployment; build once, ask often. Not for concurrent use.
class StepEstimator {
 public:
  explicit StepEstimator(const Deployment& deployment);

  /// Time of one pass (all pipeline stages) of `shape` on each attention-DP rank.
  [[nodiscard]] Seconds time(const StepShape& shape);
  /// The same, operator by operator.
  [[nodiscard]] StepBreakdown breakdown(const StepShape& shape);
  /// Host time of a step.
  [[nodiscard]] Seconds host_time(const StepShape& shape) const;

  [[nodiscard]] const Deployment& deployment() const { return deployment_; }
  [[nodiscard]] const Device& device() const { return device_; }
  [[nodiscard]] const KernelStyle& style() const { return style_; }

 private:
  void build(const StepShape& shape);
  [[nodiscard]] bool overlaps(const StepShape& shape) const;

  Deployment deployment_;
  Device device_;
  KernelStyle style_;
  std::vector<Operator> graph_;
};

/// Time of the kernels that send and receive one overlapped all-to-all: each launches, reads and
/// writes the message.
Seconds transfer_kernels(const KernelWork& work, const Device& device);

/// What the estimate of this deployment rests on.
Evidence evidence_of(const Deployment& deployment);
/// Whether nobody measured or fitted the host times of an engine.
bool has_assumed_host(const EngineProfile& engine);
/// What a band is made of: independent errors, added in squares.
struct BandParts {
  RelativeBand rates;
  double scale = 1.0;   ///< of the rates' band, for cards that were not measured themselves
  RelativeBand engine;  ///< host times that are assumed or fitted
  RelativeBand links;   ///< several GPUs
};
BandParts band_parts(const Deployment& deployment);
/// The band that this evidence deserves.
RelativeBand band_of(const Deployment& deployment);
TimeBand with_band(Seconds value, RelativeBand band);

}  // namespace gpusize
