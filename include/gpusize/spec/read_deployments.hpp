#pragma once
// Deployment files of every kind that is known, read together: Kubernetes objects, charts' values,
// compose files, Slurm and launch scripts, option files, command lines. Nothing is executed, no
// shell is started and no network touched.

#include <string>
#include <vector>

#include "gpusize/core/result.hpp"
#include "gpusize/spec/deployed.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {

/// One file to be read: its name as it will be shown, and its text.
struct DeploymentInput {
  std::string path;
  std::string text;
};

/// Files, folders (searched for manifests and scripts, links not followed) and quoted globs
/// (`k8s/**/*.yaml`) as inputs, sorted by path. Every path that cannot be read is an error.
Result<std::vector<DeploymentInput>> collect_deployments(const std::vector<std::string>& paths,
                                                         const ReadLimits& limits = {});

/// Reads all inputs; objects may refer to each other across files. Text that is no YAML, duplicate
/// keys and the like are errors; templates and what cannot be resolved are in `not_assessed`.
Result<DeploymentSet> read_deployments(std::vector<DeploymentInput> inputs,
                                       const ReadLimits& limits = {});

/// A command line as its words (`vllm serve org/model --tensor-parallel-size 8`).
DeploymentSet read_command_line(const std::vector<std::string>& words);

}  // namespace gpusize
