#pragma once
// What `check` and `diff` read beside the deployments: policy, baseline, traffic, names.

#include <string>
#include <vector>

#include "cli/parser.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/gate/check.hpp"

namespace gpusize::cli {

struct CheckOptions {
  std::vector<std::string> paths;
  std::string gpu;
  std::vector<std::string> model_map;
  std::string config;
  std::string baseline;
  std::string traffic;
  std::string today;
};

/// Adds --gpu, --model-map, --config, --traffic and --today.
void add_check_options(Parser& app, CheckOptions& options);

/// Reads what the options name; the policy is searched upward from the first path.
Result<CheckRequest> make_check_request(const CheckOptions& options,
                                        const std::vector<std::string>& command);

}  // namespace gpusize::cli
