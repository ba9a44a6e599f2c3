#include "gate/service.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/estimate/serving.hpp"

namespace gpusize {
namespace {

Why asked(const char* label, double value, const char* unit, const Traffic& t) {
  return why_input(label, value, unit, t.file);
}

void number(Finding& f, double actual, Why why, double limit, Why limit_why, std::string unit) {
  f.actual = FindingNumber{actual, std::move(why)};
  f.limit = FindingNumber{limit, std::move(limit_why)};
  f.unit = std::move(unit);
}

}  // namespace

std::optional<WorkloadService> judge_service(Judge& judge, const Traffic& traffic) {
  const Assessment& a = judge.about();
  if (a.memory == nullptr || !a.memory->memory.weights_fit() || !a.engine->continuous_batching ||
      traffic.qps <= 0.0)
    return {};
  const Deployment& d = a.memory->replica;
  const auto tokens =
      static_cast<std::int64_t>(std::ceil(traffic.input_tokens + traffic.output_tokens));
  const std::int64_t by_memory =
      sequences_that_fit(d, a.memory->memory.kv_room, tokens) * d.layout.dp;
  const std::int64_t limit = sequence_limit(d) > 0 ? sequence_limit(d) * d.layout.dp : by_memory;
  const std::int64_t most = std::min(by_memory, limit);
  const Place place =
      judge.at(judge.args().max_num_seqs, judge.said().replicas, judge.args().model);
  if (most < 1) return {};  // GS102 says so
  const double replicas =
      judge.said().total_gpus && judge.said().gpus_per_replica && *judge.said().gpus_per_replica > 0
          ? static_cast<double>(*judge.said().total_gpus) /
                static_cast<double>(*judge.said().gpus_per_replica)
          : 1.0;
  const double rate = traffic.qps / std::max(1.0, replicas);
  const RequestShape shape{traffic.input_tokens, traffic.output_tokens};
  StepEstimator steps(d);
  ReplicaServing serving(steps, shape);
  const ServingPoint full = serving.at(static_cast<double>(most));
  const Why in = asked("input tokens", traffic.input_tokens, "tokens", traffic);
  const Why out = asked("output tokens", traffic.output_tokens, "tokens", traffic);
  const ServingWhys full_why =
      why_serving(steps, shape, full, in, out,
                  why_count("requests in flight", static_cast<double>(most),
                            "what memory and the engine's limit allow"));
  WorkloadService service;
  static const Formula kCapacity{"gate.capacity", "replicas * requests_per_s", "1/s",
                                 "all replicas at their largest batch"};
  service.capacity_per_s = {
      replicas * full.requests_per_s,
      why_formula(kCapacity, "requests per second", replicas * full.requests_per_s,
                  {{"replicas", why_input("replicas", replicas, "", judge.where(place))},
                   {"requests_per_s", full_why.requests_per_s}})};
  if (full.requests_per_s < rate) {
    const ServingWhys& why = full_why;
    Finding& f = judge.add(
        "GS303", place,
        fmt::format("a replica completes {:.2f} requests/s at most, the traffic asks for {:.2f} of "
                    "each of {:g}",
                    full.requests_per_s, rate, replicas),
        fmt::format("{:.0f} replicas carry it", std::ceil(traffic.qps / full.requests_per_s)));
    number(f, full.requests_per_s, why.requests_per_s, rate,
           asked("requests per second and replica", rate, "1/s", traffic), "requests/s");
    if (limit < by_memory) {
      Finding& g = judge.add(
          "GS305", judge.at(judge.args().max_num_seqs),
          fmt::format("{} requests at once are allowed, memory would hold {}", limit, by_memory),
          "raise --max-num-seqs");
      number(g, static_cast<double>(limit),
             why_count("requests at once", static_cast<double>(limit), "the engine's limit"),
             static_cast<double>(by_memory),
             why_count("requests that fit", static_cast<double>(by_memory),
                       "KV pool over one request of the traffic"),
             "requests");
    }
    return service;
  }
  if (by_memory < limit && judge.args().max_num_seqs) {
    Finding& f = judge.add("GS304", judge.args().max_num_seqs->place,
                           fmt::format("--max-num-seqs {} is more than the {} requests of this "
                                       "traffic that fit: expect preemption under load",
                                       judge.args().max_num_seqs->value, by_memory),
                           "lower --max-num-seqs or add memory");
    number(f, static_cast<double>(limit),
           why_count("requests at once", static_cast<double>(limit), "the engine's limit"),
           static_cast<double>(by_memory),
           why_count("requests that fit", static_cast<double>(by_memory),
                     "KV pool over one request of the traffic"),
           "requests");
  }
  const ServingPoint point = serving_point_at_rate(steps, shape, rate, static_cast<double>(most));
  const ServingWhys why =
      why_serving(steps, shape, point, in, out,
                  why_search("requests in flight", point.in_flight, "requests",
                             "the load at which the asked rate is completed", {}));
  const double ttft = point.ttft.in(units::ms);
  const double tpot = point.tpot.in(units::ms);
  service.ttft_ms = FindingNumber{ttft, why.ttft_ms};
  service.tpot_ms = FindingNumber{tpot, why.tpot_ms};
  if (traffic.ttft_ms && ttft > *traffic.ttft_ms) {
    Finding& f =
        judge.add("GS301", place,
                  fmt::format("mean time to first token {:.0f} ms, the target is {:.0f} ms", ttft,
                              *traffic.ttft_ms),
                  "more GPUs per replica for long prompts, or more replicas");
    number(f, ttft, why.ttft_ms, *traffic.ttft_ms,
           asked("target of TTFT", *traffic.ttft_ms, "ms", traffic), "ms");
  }
  if (traffic.tpot_ms && tpot > *traffic.tpot_ms) {
    Finding& f =
        judge.add("GS302", place,
                  fmt::format("mean time per output token {:.1f} ms, the target is {:.1f} ms", tpot,
                              *traffic.tpot_ms),
                  "more replicas (smaller batches) or a higher tensor-parallel degree");
    number(f, tpot, why.tpot_ms, *traffic.tpot_ms,
           asked("target of TPOT", *traffic.tpot_ms, "ms", traffic), "ms");
  }
  return service;
}

}  // namespace gpusize
