#pragma once
// Suppressions found in the files and how they apply to findings.

#include <string>
#include <vector>

#include "gpusize/gate/policy.hpp"
#include "gpusize/spec/deployed.hpp"

namespace gpusize {

/// Inline comments (`# gpusize:ignore GS104 until=2026-12-31 -- reason`, for their line and the
/// next) and annotations (`gpusize.dev/ignore: "GS104: reason"`).
void collect_suppressions(const DeploymentSet& deployments, std::vector<Suppression>& out);

/// Marks what is suppressed and adds findings for expired and unused suppressions.
void apply_suppressions(std::vector<Suppression>& suppressions, const std::string& today,
                        std::vector<Finding>& findings);

}  // namespace gpusize
