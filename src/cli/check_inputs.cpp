// Policy, baseline, traffic and names for `check` and `diff`.

#include "cli/check_inputs.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::cli {
namespace {

namespace fs = std::filesystem;

/// `.gpusize.yaml` of the first path's folder or one above it.
std::string find_policy(const std::vector<std::string>& paths) {
  const char* stated = std::getenv("GPUSIZE_CONFIG");
  if (stated != nullptr && *stated != '\0') return stated;
  std::error_code error;
  fs::path at = paths.empty() || paths.front() == "-" ? fs::current_path(error)
                                                      : fs::absolute(paths.front(), error);
  constexpr int kMostFolders = 64;
  for (int i = 0; i < kMostFolders && !at.empty(); ++i) {
    const fs::path candidate = at / ".gpusize.yaml";
    if (fs::is_regular_file(candidate, error))
      return candidate.lexically_proximate(fs::current_path(error)).generic_string();
    if (at == at.root_path()) break;
    at = at.parent_path();
  }
  return {};
}

template <typename T>
Diagnostics load(const std::string& path, Result<T> (*read)(const Document&),
                 std::optional<T>& into) {
  auto document = read_document(path);
  if (!document.ok()) return document.errors();
  auto value = read(*document);
  if (!value.ok()) return value.errors();
  into = std::move(value).value();
  return {};
}

}  // namespace

Result<CheckRequest> make_check_request(const CheckOptions& o,
                                        const std::vector<std::string>& command) {
  CheckRequest request;
  request.paths = o.paths;
  request.command = command;
  request.model_map = o.model_map;
  request.today = o.today.empty() ? today() : o.today;
  if (!is_iso_date(request.today))
    return make_error("cli-date", fmt::format("--today is \"{}\"", printable(request.today)), {},
                      "write it as 2026-12-31");
  const std::string policy_path = o.config.empty() ? find_policy(o.paths) : o.config;
  if (!policy_path.empty()) {
    std::optional<Policy> policy;
    if (const Diagnostics problems = load(policy_path, read_policy, policy); has_errors(problems))
      return problems;
    request.policy = std::move(*policy);
  }
  request.defaults.gpu = o.gpu.empty() ? request.policy.gpu : o.gpu;
  request.defaults.model_names = request.policy.model_names;
  for (const std::string& pair : o.model_map) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return make_error("cli-model-map",
                        fmt::format("--model-map takes NAME=MODEL, found \"{}\"", printable(pair)));
    request.defaults.model_names[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  if (!o.baseline.empty()) {
    if (const Diagnostics problems = load(o.baseline, read_baseline, request.baseline);
        has_errors(problems))
      return problems;
  }
  std::string traffic = o.traffic;
  if (traffic.empty() && !request.policy.traffic.empty())
    traffic =
        (fs::path(request.policy.file).parent_path() / request.policy.traffic).generic_string();
  if (!traffic.empty()) {
    if (const Diagnostics problems = load(traffic, read_traffic, request.traffic);
        has_errors(problems))
      return problems;
  }
  return request;
}

void add_check_options(Parser& app, CheckOptions& o) {
  app.add_option("--gpu", o.gpu, "Card of workloads that state none");
  app.add_option("--model-map", o.model_map,
                 "What a model path or served name is: NAME=MODEL (repeatable)")
      ->take_all();
  app.add_option("--config", o.config, "Policy file instead of .gpusize.yaml found upward");
  app.add_option("--traffic", o.traffic,
                 "What the deployments carry (gpusize.traffic/v1): judges rate and latency");
  app.add_option("--today", o.today, "Date that suppressions expire against; default: the clock's");
}

}  // namespace gpusize::cli
