#pragma once
// The gate: every deployment assessed, every rule asked, suppressions and baseline applied.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gpusize/gate/assess.hpp"
#include "gpusize/gate/policy.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// What an earlier result knew.
struct Baseline {
  std::string file;
  std::set<std::string> fingerprints;
};
/// From a result of `check --format json`.
Result<Baseline> read_baseline(const Document& document);

/// What the deployments are asked to carry; one replica set each.
struct Traffic {
  std::string file;
  double qps = 0.0;
  double input_tokens = 0.0;
  double output_tokens = 0.0;
  std::optional<double> ttft_ms;
  std::optional<double> tpot_ms;
};
/// Schema gpusize.traffic/v1.
Result<Traffic> read_traffic(const Document& document);

struct CheckRequest {
  std::vector<std::string> paths;      ///< as given
  std::vector<std::string> command;    ///< words behind `--`
  std::vector<std::string> model_map;  ///< NAME=MODEL pairs as given
  std::string today;                   ///< ISO date that expiry counts from
  AssessDefaults defaults;
  Policy policy;
  std::optional<Baseline> baseline;
  std::optional<Traffic> traffic;
};

/// Cost of one workload's GPUs at the default on-demand price.
struct WorkloadCost {
  double usd_per_hour = 0.0;
  Why why;
};

/// Latency and capacity of one workload under the traffic.
struct WorkloadService {
  std::optional<FindingNumber> ttft_ms;  ///< nothing when the rate is not sustained
  std::optional<FindingNumber> tpot_ms;
  FindingNumber capacity_per_s;  ///< of all replicas
};

struct CheckResult {
  std::vector<Assessment> workloads;
  std::vector<std::optional<WorkloadCost>> costs;
  std::vector<std::optional<WorkloadService>> services;
  std::vector<Finding> findings;  ///< by file, place and rule
  std::vector<Unassessed> not_assessed;
  std::int64_t fixed = 0;  ///< findings of the baseline that are gone
};

/// `deployments` and the catalog outlive the result.
CheckResult run_check(const Catalog& catalog, const DeploymentSet& deployments,
                      CheckRequest& request);

ResultDocument check_document(const Catalog& catalog, const DeploymentSet& deployments,
                              const CheckRequest& request, const CheckResult& result);

/// Whether a finding of at least `severity` stands: not suppressed, and new unless `existing`.
bool fails(const CheckResult& result, Severity severity, bool existing);

}  // namespace gpusize
