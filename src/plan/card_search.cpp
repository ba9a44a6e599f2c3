#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "gpusize/ops/kv_cache.hpp"
#include "plan/percentiles.hpp"
#include "plan/search_space.hpp"

namespace gpusize {

void count_gpus(PlanOption& option, const PlanRequest& request) {
  const GpuSpec& gpu = *option.replica.gpu;
  option.spare_gpus = request.spare_nodes * gpu.node_gpus;
  option.gpus = option.replicas * option.replica.layout.gpus() + option.spare_gpus;
  option.nodes = (option.gpus + gpu.node_gpus - 1) / gpu.node_gpus;
}

void size_fleet(PlanOption& option, const PlanRequest& request, double rate) {
  option.replicas =
      static_cast<std::int64_t>(std::ceil(request.qps * (1.0 + request.headroom) / rate - 1e-12));
  option.replicas = std::max<std::int64_t>(option.replicas, 1);
  count_gpus(option, request);
}

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// The first target that a point misses.
Infeasible missed_target(const ServingPoint& p, const LatencyTargets& targets) {
  const auto check = [](std::string_view name, Seconds have, const std::optional<Seconds>& want) {
    if (!want || have <= *want) return Infeasible{};
    return Infeasible{fmt::format("{} above the target at one request per replica", name),
                      have.in(units::ms), want->in(units::ms), "ms"};
  };
  if (auto why = check("TTFT", p.ttft, targets.ttft); !why.feasible()) return why;
  if (auto why = check("TPOT", p.tpot, targets.tpot); !why.feasible()) return why;
  return check("end-to-end latency", p.e2e, targets.e2e);
}

/// Searches the layouts of one card.
class CardSearch {
 public:
  CardSearch(const CardSpace& space, const PlanRequest& request, SearchMode mode)
      : space_(space),
        request_(request),
        mode_(mode),
        shape_{request.input_tokens, request.output_tokens},
        mean_targets_(request.percentiles.goodput ? LatencyTargets{} : request.targets) {}

  CardOutcome run() {
    std::vector<Candidate> candidates;
    for (const LayoutFacts& facts : *space_.layouts) prepare(facts, candidates);
    // Most promising first, so that the bound drops the rest early.
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.bound < b.bound; });
    for (const Candidate& candidate : candidates) {
      if (prunes() && candidate.bound > best_) continue;
      evaluate(candidate);
    }
    if (!out_.options.empty() && !request_.all_layouts) out_.rejected.clear();
    if (out_.options.empty() && !request_.all_layouts) keep_nearest_rejection();
    return std::move(out_);
  }

 private:
  struct Candidate {
    const LayoutFacts* facts;
    double memory_batch;
    double bound;  ///< no better objective is possible
  };

  [[nodiscard]] bool prunes() const {
    return mode_ == SearchMode::kPruned && !request_.all_layouts &&
           request_.rank_by != RankBy::kLatency;
  }

  Deployment replica(const LayoutFacts& facts) const {
    Deployment d = space_.base;
    d.layout = facts.layout;
    return d;
  }

  void reject(const Layout& layout, const Infeasible& why) {
    out_.rejected.push_back(
        {space_.base.gpu->id, describe(layout), why.reason, why.needed, why.available, why.unit});
  }

  /// Exact checks that need no time estimate, and the bound of what is left.
  void prepare(const LayoutFacts& facts, std::vector<Candidate>& candidates) {
    if (facts.layout.tp > space_.base.gpu->link_domain_gpus) return;
    if (!space_.base.gpu->slice_of.empty() && facts.layout.gpus() > 1) return;  // no links
    const Deployment d = replica(facts);
    const double limit =
        static_cast<double>(std::max<std::int64_t>(1, sequence_limit(d)) * d.layout.dp);
    out_.considered += static_cast<std::int64_t>(batch_grid(limit).size());
    if (!facts.why.feasible()) return reject(facts.layout, facts.why);
    const double memory_batch = largest_batch(d, facts, limit);
    if (memory_batch < 1.0) return;
    PlanOption bound;
    bound.replica = d;
    bound.cost = space_.cost;
    const double rate = rate_upper_bound(d, facts, shape_, memory_batch);
    bound.capacity.requests_per_s = rate;
    size_fleet(bound, request_, rate);
    if (request_.max_gpus > 0 && bound.gpus > request_.max_gpus) {
      return reject(facts.layout, {"needs more GPUs than allowed", static_cast<double>(bound.gpus),
                                   static_cast<double>(request_.max_gpus), "GPUs"});
    }
    candidates.push_back({&facts, memory_batch, objective(bound, request_)});
  }

  /// Requests in flight that memory and the engine allow; 0 (and a rejection) when none.
  double largest_batch(const Deployment& d, const LayoutFacts& facts, double limit) {
    const MemoryPerGpu memory = memory_per_gpu(d, engine_peak(d), Bytes{}, facts.weights);
    const Bytes fixed = memory.weights + memory.activations + memory.runtime;
    if (!memory.weights_fit()) {
      reject(d.layout,
             {"weights, activations and runtime exceed the memory that the engine may use",
              fixed.in(units::GiB), (memory.fraction * memory.capacity).in(units::GiB),
              "GiB per GPU"});
      return 0.0;
    }
    const auto tokens =
        static_cast<std::int64_t>(std::ceil(shape_.input_tokens + shape_.output_tokens));
    const std::int64_t fit = sequences_that_fit(d, memory.kv_room, tokens);
    if (fit < 1) {
      const Bytes one =
          kv_bytes_per_sequence(*d.model, d.layout, d.kv, tokens, d.engine->kv_block_tokens);
      reject(d.layout, {"no room for the KV cache of one request", one.in(units::GiB),
                        memory.kv_room.in(units::GiB), "GiB per GPU"});
      return 0.0;
    }
    return std::min(static_cast<double>(fit * d.layout.dp), limit);
  }

  void evaluate(const Candidate& candidate) {
    const Deployment d = replica(*candidate.facts);
    StepEstimator estimator(d);
    ReplicaServing serving(estimator, shape_);
    const std::vector<double> grid = batch_grid(candidate.memory_batch);
    const auto point = [&](std::size_t i) {
      ++out_.evaluated;
      return serving.at(grid[i]);
    };
    const ServingPoint first = point(0);
    if (const auto why = missed_target(first, mean_targets_); !why.feasible())
      return reject(d.layout, why);
    PlanOption option;
    option.replica = d;
    option.request = shape_;
    option.cost = space_.cost;
    option.memory_batch = candidate.memory_batch;
    option.capacity =
        mode_ == SearchMode::kPruned ? by_halving(grid, point) : by_scan(grid, point, first);
    option.max_batch = option.capacity.in_flight;
    size_fleet(option, request_, option.capacity.requests_per_s);
    if (request_.percentiles.any()) {
      const auto replicas = replicas_for_percentiles(option, request_, *space_.workload);
      if (!replicas)
        return reject(d.layout, {"no number of replicas meets the percentile targets", 0, 0, ""});
      option.replicas = *replicas;
      count_gpus(option, request_);
    }
    if (request_.max_gpus > 0 && option.gpus > request_.max_gpus) {
      return reject(d.layout, {"needs more GPUs than allowed", static_cast<double>(option.gpus),
                               static_cast<double>(request_.max_gpus), "GPUs"});
    }
    keep(std::move(option));
  }

  /// Latencies grow with the batch (a property test holds that), so halving finds the last that
  /// passes.
  template <typename Point>
  ServingPoint by_halving(const std::vector<double>& grid, Point&& point) const {
    std::size_t low = 0;
    std::size_t high = grid.size() - 1;
    ServingPoint best = point(high);
    if (missed_target(best, mean_targets_).feasible()) return best;
    best = point(low);
    while (high - low > 1) {
      const std::size_t middle = low + (high - low) / 2;
      const ServingPoint p = point(middle);
      if (missed_target(p, mean_targets_).feasible()) {
        low = middle;
        best = p;
      } else {
        high = middle;
      }
    }
    return best;
  }

  template <typename Point>
  ServingPoint by_scan(const std::vector<double>& grid, Point&& point, ServingPoint best) const {
    for (std::size_t i = 1; i < grid.size(); ++i) {
      const ServingPoint p = point(i);
      if (missed_target(p, mean_targets_).feasible()) best = p;
    }
    return best;
  }

  void keep(PlanOption option) {
    const double value = objective(option, request_);
    if (request_.all_layouts) {
      out_.options.push_back(std::move(option));
    } else if (out_.options.empty() || value < best_ ||
               (value == best_ &&
                option.replica.layout.gpus() < out_.options.front().replica.layout.gpus())) {
      out_.options.assign(1, std::move(option));
    }
    best_ = std::min(best_, value);
  }

  /// Of many failed layouts the one that came nearest says most.
  void keep_nearest_rejection() {
    if (out_.rejected.empty()) return;
    const auto distance = [](const PlanRejection& r) {
      if (r.available <= 0.0 || r.needed <= 0.0) return kNever;
      return std::fabs(std::log(r.needed / r.available));
    };
    const PlanRejection nearest =
        *std::min_element(out_.rejected.begin(), out_.rejected.end(),
                          [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
    out_.rejected.assign(1, nearest);
  }

  const CardSpace& space_;
  const PlanRequest& request_;
  SearchMode mode_;
  RequestShape shape_;
  LatencyTargets mean_targets_;  ///< none where the targets are those of each request
  CardOutcome out_;
  double best_ = kNever;
};

}  // namespace

LayoutFacts layout_facts(const ModelSpec& model, const WeightPlan& weights, const Layout& layout,
                         const ParameterCounts& counts) {
  LayoutFacts facts;
  facts.layout = layout;
  facts.why = check_layout(model, layout);
  if (!facts.why.feasible()) return facts;
  facts.weights = weight_bytes_per_gpu(model, weights, layout);
  const WeightBytes one_rank =
      layout.pp == 1 ? facts.weights
                     : weight_bytes_per_gpu(model, weights, {layout.tp, 1, layout.ep, layout.dp});
  for (const TensorRole role : {TensorRole::kAttention, TensorRole::kAttentionOutput,
                                TensorRole::kDenseFfn, TensorRole::kSharedExpert}) {
    facts.streamed_weights += one_rank.by_role[static_cast<std::size_t>(role)];
  }
  // The head runs on the last position only in prefill: the bound leaves it out everywhere.
  const double head = static_cast<double>(model.vocab) * static_cast<double>(model.hidden);
  facts.layer_parameters = std::max(0.0, static_cast<double>(counts.active) - head);
  return facts;
}

double objective(const PlanOption& option, const PlanRequest& request) {
  const double gpus = static_cast<double>(option.gpus);
  const bool priced = option.priced();
  switch (request.rank_by) {
    case RankBy::kTco: return priced ? option.tco().in(units::USD) : gpus;
    case RankBy::kGpus: return gpus;
    case RankBy::kPower: return gpus * option.cost->power_per_gpu.in(units::kW);
    case RankBy::kLatency: return option.capacity.e2e.in(units::s);
    case RankBy::kUsdPerMillionTokens: {
      const double replica = static_cast<double>(option.replica.layout.gpus());
      const double price = priced ? option.cost->rate_per_gpu().in(units::USD_per_hour) : 1.0;
      return replica * price / option.capacity.requests_per_s;
    }
  }
  return gpus;
}

CardOutcome search_card(const CardSpace& space, const PlanRequest& request, SearchMode mode) {
  return CardSearch(space, request, mode).run();
}

}  // namespace gpusize
