#include <chrono>

#include <fmt/format.h>
#include <sys/resource.h>

#include "bench.hpp"
#include "gpusize/catalog/catalog.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/serve/deploy.hpp"
#include "gpusize/serve/generator.hpp"
#include "gpusize/serve/simulator.hpp"

namespace gpusize::bench {
namespace {

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace

void bench_serve(int most) {
  const auto requests = static_cast<std::uint64_t>(most);
  const auto catalog = Catalog::shipped();
  if (!catalog.ok()) return;
  Deployment d;
  d.model = catalog->find_model("deepseek-7b")->entry;
  d.gpu = catalog->find_gpu("H100-SXM5-80GB")->entry;
  d.engine = catalog->find_engine("vllm")->entry;
  d.rates = &catalog->rates_for(*d.gpu);
  d.weights = resolve_weights(*d.model, "native", *d.gpu, nullptr)->plan;
  d.kv = resolve_kv(*d.model, "auto", *d.gpu).value();
  constexpr std::int64_t kReplicas = 40;
  constexpr double kRatePerReplica = 7.0;
  const Workload w = workload_from(*catalog->find_workload("chat")->entry,
                                   kRatePerReplica * static_cast<double>(kReplicas));
  for (const std::uint64_t count : {requests / 10, requests}) {
    EstimatedStepTimes times(d);
    SimulationConfig c;
    c.pool.times = &times;
    c.pool.limits = *engine_limits(d, w.mean_input() + w.mean_output());
    c.pool.policy = &policy_for(*d.engine);
    c.pool.lanes = kReplicas;
    c.requests = count;
    c.classes = w.classes;
    WorkloadSource source(w, count, 1);
    const auto start = std::chrono::steady_clock::now();
    const ServingResult r = simulate(c, source);
    const double s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fmt::print(
        "simulate deepseek-7b chat, {} requests on {} H100: {:.2f} s, {:.2f} us a request, "
        "peak {:.0f} MiB (TTFT p99 {:.0f} ms)\n",
        r.completed, kReplicas, s, 1e6 * s / static_cast<double>(count), peak_mib(),
        1e3 * r.ttft_s.quantile(0.99));
  }
}

}  // namespace gpusize::bench
