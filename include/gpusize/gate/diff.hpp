#pragma once
// What a change does to GPUs, cost, memory and latency: two sets of deployments side by side.

#include <optional>
#include <string>
#include <vector>

#include "gpusize/gate/check.hpp"

namespace gpusize {

/// One workload as far as a comparison goes; numbers with their reasons.
struct DiffRow {
  std::string key;  ///< kind/namespace/name/container/role: what the two sides are matched by
  std::string file;
  Place place;
  std::string model;
  std::string gpu;
  std::optional<FindingNumber> gpus;
  std::optional<FindingNumber> usd_per_month;
  std::optional<FindingNumber> headroom;  ///< (KV pool - longest request) / card
  std::optional<FindingNumber> kv_tokens;
  std::optional<FindingNumber> ttft_ms;
  std::optional<FindingNumber> tpot_ms;
};

using DiffSide = std::vector<DiffRow>;

/// The rows of a check.
DiffSide diff_side(const CheckResult& result);
/// The rows of a saved result of `check` or `plan` (--format json).
Result<DiffSide> diff_side(const Document& document);

/// Limits on what a change may add; nothing: no limit.
struct Guardrails {
  std::optional<double> usd_per_month;         ///< largest rise
  std::optional<double> percent;               ///< largest rise of the monthly cost
  std::optional<double> budget_usd_per_month;  ///< crossed from below
};

/// `crossed` tells whether a guardrail fails.
ResultDocument diff_document(const Catalog& catalog, const Guardrails& guardrails,
                             const DiffSide& base, const DiffSide& head, bool& crossed);

}  // namespace gpusize
