#include "gpusize/plan/train_plan.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "plan/train_evaluator.hpp"
#include "plan/train_layouts.hpp"
#include "plan/train_post.hpp"
#include "plan/train_rollout.hpp"

namespace gpusize {
namespace {

using namespace plan;

constexpr double kDefaultBatchTokens = 4.0e6;
constexpr double kFaster = 1.0 - 1e-12;
constexpr double kHoursPerYear = 8765.82;
constexpr double kCheckpointStall = 30.0;  // seconds, written asynchronously
constexpr double kRestart = 900.0;         // seconds from failure to the first new step

class Search {
 public:
  Search(const Catalog& catalog, const ModelSpec& model, const TrainRequest& request,
         TrainPlan& out)
      : catalog_(catalog), model_(model), r_(request), out_(out) {}

  void card(const GpuSpec& gpu, const std::vector<std::int64_t>& counts) {
    TrainEvaluator evaluator(catalog_, model_, gpu, out_.choice);
    CostChoice money;
    money.basis = r_.basis;
    money.tier = r_.tier;
    money.region = r_.region;
    const CardCost cost = cost_of_card(catalog_, gpu, money);
    for (const std::int64_t gpus : counts) count(evaluator, gpu, cost, gpus);
  }

 private:
  /// GPUs that hold one copy of the model together, as far as the request says.
  [[nodiscard]] std::int64_t model_ranks() const {
    return r_.tp.value_or(1) * r_.pp.value_or(1) * r_.cp.value_or(1);
  }

  [[nodiscard]] double batch_for(std::int64_t gpus) const {
    if (r_.global_batch > 0.0) return r_.global_batch;
    if (r_.accumulation) {
      const std::int64_t ranks = gpus / std::max<std::int64_t>(1, model_ranks());
      return static_cast<double>(r_.micro_batch.value_or(1) * *r_.accumulation *
                                 std::max<std::int64_t>(1, ranks));
    }
    if (out_.choice.spec.method != TrainMethod::kFull || r_.one_point) {
      const double passes = static_cast<double>(r_.micro_batch.value_or(1));
      return std::max(passes, r_.one_point ? passes * static_cast<double>(r_.dp.value_or(1))
                                           : static_cast<double>(gpus) * passes);
    }
    const double sequences = std::max(1.0, kDefaultBatchTokens / r_.sequence);
    const double step = static_cast<double>(gpus);
    return sequences > step ? std::floor(sequences / step) * step : step;
  }

  void count(TrainEvaluator& evaluator, const GpuSpec& gpu, const CardCost& cost,
             std::int64_t gpus) {
    const double batch = batch_for(gpus);
    std::optional<TrainOption> best;
    std::optional<TrainObstacle> short_of;
    bool any = false;
    const std::vector<RecomputeChoice> choices = recompute_choices(model_, r_, out_.choice);
    const auto visit = [&](const TrainLayout& l) {
      if (splits_pairs(out_.choice.post.get(), l)) return true;
      any = true;
      out_.covered += static_cast<double>(choices.size());
      for (const RecomputeChoice& choice : choices) {
        const TrainJob job = evaluator.job_of(l, choice, batch);
        const ModelCosts& costs = evaluator.costs(job);
        // The bound holds for every layout, so what it drops cannot win.
        if (!r_.exhaustive && best && least_time(job, costs) >= best->step.total) continue;
        const FullestStage memory = training_memory(job, costs);
        if (memory.memory.total() > gpu.memory) {
          remember(short_of, gpu, gpus, job, memory);
          if (!r_.one_point) continue;
        }
        out_.estimated += 1.0;
        const TrainStep step = train_step(job, costs);
        // Of equals the first, whatever rounding says.
        if (!best || step.total < kFaster * best->step.total) best = option_of(job, step, memory);
        // What is recomputed on top of a layout that fits only takes time.
        if (!r_.exhaustive && choice.kind == Recompute::kNone && !r_.one_point) break;
      }
      return true;
    };
    for_each_layout(model_, gpu, *out_.choice.framework, r_, batch, gpus, visit);
    if (best) return finish(*best, evaluator, cost);
    if (short_of) return out_.rejected.push_back(*short_of);
    if (!any)
      out_.rejected.push_back(
          {gpu.id, gpus, "layout", static_cast<double>(gpus), 0.0, "GPUs", {}, ""});
  }

  static TrainOption option_of(const TrainJob& job, const TrainStep& step,
                               const FullestStage& memory) {
    TrainOption option;
    option.job = job;
    option.step = step;
    option.memory = memory;
    return option;
  }

  static void remember(std::optional<TrainObstacle>& worst, const GpuSpec& gpu, std::int64_t gpus,
                       const TrainJob& job, const FullestStage& memory) {
    const double needed = memory.memory.total().in(units::B);
    if (worst && worst->needed <= needed) return;
    worst = TrainObstacle{gpu.id,
                          gpus,
                          "memory",
                          needed,
                          gpu.memory.in(units::B),
                          "B",
                          job.layout,
                          std::string(name_of(job.spec.recompute))};
  }

  void finish(TrainOption& o, TrainEvaluator& evaluator, const CardCost& cost) {
    const double gpus = static_cast<double>(o.job.layout.gpus());
    o.goodput = goodput_of(catalog_, o.job.layout.gpus());
    if (o.job.post) {
      NoRoom short_of;
      o.round = post_round(catalog_, o, evaluator.costs(o.job), r_.post, short_of);
      if (!o.round && short_of.needed <= Bytes{})
        return late(o, "rollout engine", 1.0, 0.0, "engines that run on the card");
      if (!o.round)
        return late(o, "engine memory", short_of.needed.in(units::B),
                    short_of.available.in(units::B), "B");
    }
    const double tokens = tokens_of(r_, o.job.spec);
    if (tokens > 0.0) {
      o.steps = tokens / o.step.tokens;
      const Seconds step = o.round ? 1.0 / o.round->train.updates * o.round->total() : o.step.total;
      o.duration = o.steps / o.goodput * step;
      if (cost.known()) o.cost = cost.rate_per_gpu() * (gpus * o.duration);
      o.energy = cost.pue * gpus * (cost.power_per_gpu * o.duration);
    }
    if (r_.deadline_days && o.duration > *r_.deadline_days * units::day)
      return late(o, "deadline", o.duration.in(units::day), *r_.deadline_days, "days");
    if (r_.budget_usd && (!o.cost || *o.cost > *r_.budget_usd * units::USD))
      return late(o, "budget", o.cost ? o.cost->in(units::USD) : 0.0, *r_.budget_usd, "USD");
    out_.options.push_back(o);
  }

  void late(const TrainOption& o, std::string what, double needed, double available,
            std::string unit) {
    out_.rejected.push_back({o.job.gpu->id, o.job.layout.gpus(), std::move(what), needed, available,
                             std::move(unit), o.job.layout,
                             std::string(name_of(o.job.spec.recompute))});
    // What cannot generate at all is near nothing.
    const bool runs = !o.job.post || o.round;
    if (runs && (!out_.nearest || o.duration < out_.nearest->duration)) {
      out_.nearest = o;
      out_.nearest_note = "the fastest that was found misses the target by the least";
    }
  }

  const Catalog& catalog_;
  const ModelSpec& model_;
  const TrainRequest& r_;
  TrainPlan& out_;
};

std::vector<std::int64_t> counts_of(const TrainRequest& r) {
  if (!r.counts.empty()) return r.counts;
  if (r.one_point) {
    return {r.tp.value_or(1) * r.pp.value_or(1) * r.cp.value_or(1) * r.dp.value_or(1)};
  }
  std::vector<std::int64_t> out;
  for (std::int64_t n = 1; n <= r.max_gpus; n *= 2) out.push_back(n);
  return out;
}

Result<std::vector<const GpuSpec*>> cards_of(const Catalog& catalog, const TrainRequest& r) {
  std::vector<const GpuSpec*> out;
  for (const std::string& name : r.gpus) {
    const auto found = catalog.find_gpu(name);
    if (!found.ok()) return found.errors();
    out.push_back(found->entry);
  }
  if (!out.empty()) return out;
  for (const GpuSpec& gpu : catalog.gpus()) {
    const bool computes = gpu.peak(Dtype::kBf16) || gpu.peak(Dtype::kFp16);
    if (!computes || is_unverified(gpu.core_confidence())) continue;
    CostChoice money;
    money.basis = r.basis;
    money.tier = r.tier;
    money.region = r.region;
    if (cost_of_card(catalog, gpu, money).known()) out.push_back(&gpu);
  }
  return out;
}

void rank(std::vector<TrainOption>& options, const std::string& by) {
  const auto key = [&](const TrainOption& o) {
    const double time =
        o.duration > Seconds{} ? o.duration.in(units::s) : o.step.total.in(units::s);
    if (by == "time") return std::make_pair(0.0, time);
    return o.cost ? std::make_pair(0.0, o.cost->in(units::USD)) : std::make_pair(1.0, time);
  };
  std::stable_sort(options.begin(), options.end(),
                   [&](const TrainOption& a, const TrainOption& b) { return key(a) < key(b); });
}

Result<TrainPlan> plan_once(const Catalog& catalog, const std::vector<FrameworkProfile>& frameworks,
                            const ModelSpec& model, const TrainRequest& request) {
  const auto choice = resolve_training(frameworks, model, request);
  if (!choice.ok()) return choice.errors();
  const auto cards = cards_of(catalog, request);
  if (!cards.ok()) return cards.errors();
  if (choice->post && choice->post->generates() && !cards->empty()) {
    const Diagnostics problems = check_rollout(catalog, model, *cards->front(), request.post);
    if (has_errors(problems)) return problems;
  }
  TrainPlan out;
  out.choice = *choice;
  const std::vector<std::int64_t> counts = counts_of(request);
  Search search(catalog, model, request, out);
  for (const GpuSpec* gpu : *cards) search.card(*gpu, counts);
  rank(out.options, request.rank_by);
  return out;
}

/// The fewest GPUs of any other card with a known price that hold the run; of as many, the best
/// ranked.
void find_fewest(const Catalog& catalog, const std::vector<FrameworkProfile>& frameworks,
                 const ModelSpec& model, TrainRequest r, TrainPlan& out) {
  constexpr std::int64_t kMost = 256;
  const std::vector<std::string> asked = std::move(r.gpus);
  r.gpus.clear();
  for (std::int64_t n = 1; n <= kMost && !out.fewest; n *= 2) {
    r.counts = {n};
    const auto plan = plan_once(catalog, frameworks, model, r);
    if (!plan.ok()) return;
    const auto other = [&](const TrainOption& o) {
      return std::find(asked.begin(), asked.end(), o.job.gpu->id) == asked.end();
    };
    const auto found = std::find_if(plan->options.begin(), plan->options.end(), other);
    if (found != plan->options.end()) out.fewest = *found;
  }
}

/// For an ask that nothing meets in memory: more of the same cards, and other cards.
void find_nearest(const Catalog& catalog, const std::vector<FrameworkProfile>& frameworks,
                  const ModelSpec& model, TrainRequest r, TrainPlan& out) {
  r.deadline_days.reset();
  r.budget_usd.reset();
  r.recompute.clear();
  r.one_point = false;
  r.tp = r.pp = r.cp = r.ep = r.etp = r.dp = r.interleave = r.micro_batch = r.zero = std::nullopt;
  r.accumulation = r.shard_group = std::nullopt;
  r.sequence_parallel.reset();
  r.recompute_parts.clear();
  r.global_batch = 0.0;
  const auto attempt = [&](const std::string& note) {
    auto plan = plan_once(catalog, frameworks, model, r);
    if (!plan.ok() || plan->options.empty()) return false;
    out.nearest = plan->options.front();
    out.nearest_note = note;
    return true;
  };
  find_fewest(catalog, frameworks, model, r, out);
  const std::int64_t had =
      r.counts.empty() ? 1 : *std::max_element(r.counts.begin(), r.counts.end());
  for (std::int64_t n = std::max<std::int64_t>(2, had * 2);
       n <= std::max<std::int64_t>(1024, 8 * had); n *= 2) {
    r.counts = {n};
    if (r.framework == "auto") r.framework = "megatron-core";
    if (attempt(fmt::format("{} of the same card", n))) return;
  }
}

}  // namespace

double goodput_of(const Catalog& catalog, std::int64_t gpus) {
  const DatacenterFact* rate = catalog.datacenter_fact("gpu_transient_failure_rate");
  if (rate == nullptr || rate->value <= 0.0) return 1.0;
  const double between = kHoursPerYear * 3600.0 / rate->value / static_cast<double>(gpus);
  const double interval = std::sqrt(2.0 * kCheckpointStall * between);
  const double lost = kCheckpointStall / interval + interval / (2.0 * between) + kRestart / between;
  return 1.0 / (1.0 + lost);
}

Result<TrainPlan> plan_training(const Catalog& catalog,
                                const std::vector<FrameworkProfile>& frameworks,
                                const ModelSpec& model, const TrainRequest& request) {
  auto plan = plan_once(catalog, frameworks, model, request);
  if (!plan.ok()) return plan.errors();
  TrainPlan out = std::move(plan).value();
  if (out.options.empty() && !out.nearest && !request.gpus.empty())
    find_nearest(catalog, frameworks, model, request, out);
  return out;
}

}  // namespace gpusize
