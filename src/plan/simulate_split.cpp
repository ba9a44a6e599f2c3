#include "gpusize/plan/simulate_split.hpp"

#include <fmt/format.h>

#include "gpusize/serve/split.hpp"
#include "plan/simulate_setup.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kMostReplicas = 64;  // splits are tried one by one

}  // namespace

Result<SplitChoice> choose_split(const Catalog& catalog, const ModelSpec& model,
                                 const SimulateRequest& request, std::int64_t replicas) {
  if (replicas < 2 || replicas > kMostReplicas) {
    return make_error(
        "sim-range",
        fmt::format("--split-replicas is {}, expected 2 to {}", replicas, kMostReplicas), {},
        "replicas to be shared between prefill and decode");
  }
  SplitChoice out{request, {}};
  out.request.prefill_replicas = 1;
  out.request.replicas = replicas - 1;
  auto setup = resolve_simulate(catalog, model, out.request);
  if (!setup.ok()) return setup.errors();
  bool promised = false;
  for (const RequestClass& c : setup->config.classes) promised = promised || c.targets.any();
  if (!promised) {
    return make_error("sim-split", "the best split needs targets to be judged by", {},
                      "--ttft-ms, --tpot-ms or --e2e-ms, or targets in the workload file");
  }
  auto first = request_source(*setup, out.request);
  if (!first.ok()) return first.errors();
  const auto trials = try_splits(setup->config, replicas, [&] {
    auto source = request_source(*setup, out.request);
    return source.ok() ? std::move(source).value() : std::move(first).value();
  });
  for (const SplitTrial& t : trials) {
    out.tried.push_back(
        fmt::format("{} prefill, {} decode: {:.4g} good requests/s, E2E p95 {:.4g} s", t.prefill,
                    t.decode, t.good_per_s, t.e2e_p95_s));
  }
  const SplitTrial& best = best_split(trials);
  out.request.prefill_replicas = best.prefill;
  out.request.replicas = best.decode;
  return out;
}

}  // namespace gpusize
