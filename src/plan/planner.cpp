#include "gpusize/plan/planner.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/parallel.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/estimate/support.hpp"
#include "plan/percentiles.hpp"
#include "plan/search_space.hpp"
#include "plan/slices.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::pair<std::string_view, RankBy>, 5> kRanks{{
    {"tco", RankBy::kTco},
    {"gpus", RankBy::kGpus},
    {"power", RankBy::kPower},
    {"latency", RankBy::kLatency},
    {"usd-per-million-tokens", RankBy::kUsdPerMillionTokens},
}};

/// GPUs of one replica that the search tries at most: eight nodes of eight.
constexpr std::int64_t kLargestReplica = 64;

bool matches_vendor(const GpuSpec& gpu, const PlanRequest& request) {
  if (request.vendors.empty()) return true;
  return std::any_of(request.vendors.begin(), request.vendors.end(), [&](const std::string& v) {
    return normalise_name(v) == normalise_name(gpu.vendor);
  });
}

Result<std::vector<const GpuSpec*>> chosen_cards(const Catalog& catalog, const PlanRequest& request,
                                                 std::vector<std::string>& notes) {
  std::vector<const GpuSpec*> out;
  Diagnostics problems;
  for (const std::string& name : request.gpus) {
    const auto found = catalog.find_gpu(name);
    if (!found.ok()) {
      problems.insert(problems.end(), found.errors().begin(), found.errors().end());
      continue;
    }
    if (!found->note.empty()) notes.push_back(found->note);
    if (std::find(out.begin(), out.end(), found->entry) == out.end()) out.push_back(found->entry);
  }
  if (!problems.empty()) return problems;
  if (request.gpus.empty()) {
    for (const GpuSpec& gpu : catalog.gpus()) {
      if (matches_vendor(gpu, request)) out.push_back(&gpu);
    }
    if (out.empty()) {
      std::vector<std::string> vendors;
      for (const GpuSpec& gpu : catalog.gpus()) vendors.push_back(gpu.vendor);
      std::sort(vendors.begin(), vendors.end());
      vendors.erase(std::unique(vendors.begin(), vendors.end()), vendors.end());
      return make_error("plan-no-cards", "no card of the catalog passes --vendor", {},
                        did_you_mean(request.vendors.front(), vendors));
    }
  }
  return out;
}

/// Where a refusal of a number format comes from, in brackets; empty when no rule says so.
std::string cited(const CompatTable& table, const GpuSpec& gpu, std::string_view problem) {
  for (const std::string_view format : {"fp8", "int8", "fp4", "bf16"}) {
    if (problem.find(format) == std::string_view::npos) continue;
    const CompatAnswer answer = ask_compat(table, gpu, {std::string(format), ""});
    if (answer.support == Support::kNo)
      return fmt::format(" [{}, {}]", answer.source.title, answer.source.as_of);
  }
  return "";
}

/// Prepares and runs the search over all cards.
class Planner {
 public:
  Planner(const Catalog& catalog, const ModelSpec& model, const PlanRequest& request,
          SearchMode mode)
      : catalog_(catalog),
        model_(model),
        request_(request),
        mode_(mode),
        workload_(demand_workload(catalog, request)) {}

  Result<PlanResult> run() {
    auto cards = chosen_cards(catalog_, request_, result_.notes);
    if (!cards.ok()) return cards.errors();
    counts_ = count_parameters(model_);
    for (const GpuSpec* gpu : *cards) {
      if (auto problem = add_card(*gpu, *gpu); has_errors(problem)) return problem;
      auto slices = slices_of(*gpu, request_.slices);
      if (!slices.ok()) return slices.errors();
      for (GpuSpec& slice : slices.value()) {
        result_.slices.push_back(std::make_unique<GpuSpec>(std::move(slice)));
        if (auto problem = add_card(*result_.slices.back(), *gpu); has_errors(problem))
          return problem;
      }
    }
    note_sharing();
    search();
    rank();
    const bool bursts = comes_in_bursts(workload_) && request_.percentiles.any();
    if (request_.percentiles.verify || bursts)
      verify_options(result_.options, request_, workload_, result_.notes);
    note_bursts();
    return std::move(result_);
  }

 private:
  /// What the first option would take if its requests came evenly mixed, where they do not.
  void note_bursts() {
    if (!comes_in_bursts(workload_) || result_.options.empty()) return;
    const PlanOption& first = result_.options.front();
    const auto text = fmt::format("arrivals come in bursts: gaps vary by {:.3g} of their mean",
                                  std::sqrt(workload_.arrivals.gap_scv()));
    if (!request_.percentiles.any()) {
      result_.notes.push_back(text +
                              "; replicas are those of the mean load: give percentile targets, "
                              "such as --ttft-p99-ms");
      return;
    }
    Workload even = workload_;
    even.arrivals.kind = ArrivalKind::kPoisson;
    PlanOption mean = first;
    size_fleet(mean, request_, mean.capacity.requests_per_s);
    const auto replicas = replicas_for_percentiles(mean, request_, even);
    if (!replicas) return;
    const std::string& card = first.replica.gpu->id;
    if (*replicas < first.replicas) {
      result_.notes.push_back(fmt::format(
          "{}; replicas of {} that Poisson arrivals of the same mean rate would take: {}, not {}",
          text, card, *replicas, first.replicas));
    } else {
      result_.notes.push_back(
          fmt::format("{}; the {} replicas of {} carry them", text, first.replicas, card));
    }
  }

  /// What sharing leaves open.
  void note_sharing() {
    for (const std::string& kind : request_.slices) {
      if (kind != "mig")
        result_.not_assessed.push_back(
            {kind,
             "equal shares of busy users; what switching or contention costs is not measured"});
    }
  }

  /// The engine, unless the compatibility data forbid it on this card.
  bool allowed(const EngineProfile& engine, const GpuSpec& gpu, const GpuSpec& card) {
    const CompatAnswer answer = ask_compat(catalog_.compat(), card, {engine.id, ""});
    if (engine_runs_on(engine, card) && answer.support != Support::kNo) return true;
    const std::string reason =
        answer.support == Support::kNo
            ? fmt::format("{} [{}, {}]", answer.reason, answer.source.title, answer.source.as_of)
            : fmt::format("the profile of {} ({}) does not cover this card", engine.id,
                          engine.version);
    result_.rejected.push_back({gpu.id, "", reason, 0.0, 0.0, ""});
    return false;
  }

  Diagnostics add_card(const GpuSpec& gpu, const GpuSpec& card) {
    std::vector<const EngineProfile*> engines;
    for (const std::string& name : request_.engines) {
      if (name == "auto") {
        const EngineProfile* engine = default_engine(catalog_, gpu, false);
        if (engine != nullptr && allowed(*engine, gpu, card)) engines.push_back(engine);
        if (engine == nullptr)
          result_.rejected.push_back(
              {gpu.id, "", "no engine profile runs on this card", 0.0, 0.0, ""});
        continue;
      }
      const auto found = catalog_.find_engine(name);
      if (!found.ok()) return found.errors();
      if (allowed(*found->entry, gpu, card)) engines.push_back(found->entry);
    }
    if (engines.empty()) return {};
    CardCost whole = cost_of_card(catalog_, card,
                                  {request_.basis, request_.tier, request_.region, request_.years});
    if (gpu.id.find("/vgpu:") != std::string::npos) {
      whole = cost_with_vgpu(catalog_, card, std::move(whole), request_.years);
      if (std::string reason = vgpu_licence_missing(catalog_, card); !reason.empty())
        result_.not_assessed.push_back({fmt::format("vGPU licence of {}", gpu.id), reason});
    }
    result_.costs.push_back(std::make_unique<CardCost>(
        &gpu == &card ? std::move(whole) : cost_of_slice(whole, gpu.slices_per_card)));
    const CardCost* cost = result_.costs.back().get();
    if (!cost->known())
      result_.not_assessed.push_back({fmt::format("cost of {}", gpu.id), cost->missing});
    for (const EngineProfile* engine : engines) {
      if (auto problem = add_formats(gpu, *engine, cost); has_errors(problem)) return problem;
    }
    return {};
  }

  Diagnostics add_formats(const GpuSpec& gpu, const EngineProfile& engine, const CardCost* cost) {
    for (const std::string& weights : request_.weights) {
      if (const auto problem = forbidden_request(gpu, weights)) {
        result_.rejected.push_back({gpu.id, "", *problem, 0.0, 0.0, ""});
        continue;
      }
      auto plan = resolve_weights(model_, weights, gpu, &engine);
      if (!plan.ok()) return plan.errors();
      for (const std::string& kv_name : request_.kv) {
        const auto kv = resolve_kv(model_, kv_name, gpu);
        if (!kv.ok()) return kv.errors();
        if (const auto problem = format_problem(plan->plan, *kv, gpu)) {
          result_.rejected.push_back(
              {gpu.id, "", *problem + cited(catalog_.compat(), gpu, *problem), 0.0, 0.0, ""});
          continue;
        }
        if (const auto problem = forbidden_format(catalog_.compat(), gpu, plan->plan)) {
          result_.rejected.push_back({gpu.id, "", *problem, 0.0, 0.0, ""});
          continue;
        }
        CardSpace space;
        space.base.model = &model_;
        space.base.gpu = &gpu;
        space.base.rates = &catalog_.rates_for(gpu);
        space.base.engine = &engine;
        space.base.weights = plan->plan;
        space.base.kv = *kv;
        space.base.two_batch_overlap = request_.two_batch_overlap;
        space.cost = cost;
        space.layouts = &layouts_for(plan->plan);
        space.workload = &workload_;
        spaces_.push_back(std::move(space));
      }
    }
    return {};
  }

  /// Sixteen-bit weights asked for by name are not replaced by others behind the user's back, and
  /// 4-bit ones need kernels for the card.
  [[nodiscard]] std::optional<std::string> forbidden_request(const GpuSpec& gpu,
                                                             std::string_view weights) const {
    if (weights == "awq" || weights == "gptq") {
      const CompatAnswer kernels = ask_compat(catalog_.compat(), gpu, {std::string(weights), ""});
      if (kernels.support != Support::kNo) return {};
      return fmt::format("{} [{}, {}]", kernels.reason, kernels.source.title, kernels.source.as_of);
    }
    if (weights != "bf16" || gpu.peak(Dtype::kBf16)) return {};
    const std::string text = "the card does not compute in bf16 (weights bf16)";
    return text + cited(catalog_.compat(), gpu, text);
  }

  /// Layout figures depend on the formats only: counted once for all cards.
  const std::vector<LayoutFacts>& layouts_for(const WeightPlan& weights) {
    const auto found = layouts_.find(weights.name);
    if (found != layouts_.end()) return found->second;
    std::vector<LayoutFacts>& out = layouts_[weights.name];
    std::int64_t limit = kLargestReplica;
    if (request_.max_gpus > 0) limit = std::min(limit, request_.max_gpus);
    GpuSpec anywhere;  // link domains are checked per card
    anywhere.link_domain_gpus = limit;
    for (const Layout& layout : enumerate_layouts(model_, anywhere, limit)) {
      out.push_back(layout_facts(model_, weights, layout, counts_));
    }
    return out;
  }

  void search() {
    std::vector<CardOutcome> outcomes(spaces_.size());
    for_each_index(spaces_.size(), request_.jobs,
                   [&](std::size_t i) { outcomes[i] = search_card(spaces_[i], request_, mode_); });
    for (CardOutcome& outcome : outcomes) {
      result_.considered += outcome.considered;
      result_.evaluated += outcome.evaluated;
      std::move(outcome.options.begin(), outcome.options.end(),
                std::back_inserter(result_.options));
      std::move(outcome.rejected.begin(), outcome.rejected.end(),
                std::back_inserter(result_.rejected));
    }
  }

  void rank() {
    auto& options = result_.options;
    for (PlanOption& option : options)
      option.unverified = is_unverified(option.replica.gpu->core_confidence());
    const auto key = [&](const PlanOption& o) {
      const bool unpriced =
          !o.priced() && request_.rank_by != RankBy::kGpus && request_.rank_by != RankBy::kLatency;
      return std::tuple(unpriced, objective(o, request_), o.gpus, o.replica.gpu->id,
                        describe(o.replica.layout));
    };
    std::stable_sort(options.begin(), options.end(),
                     [&](const PlanOption& a, const PlanOption& b) { return key(a) < key(b); });
    if (!request_.all_layouts) keep_best_of_each_card();
    if (!request_.allow_unverified) lead_with_a_verified_card();
    mark_pareto();
    if (options.size() > static_cast<std::size_t>(request_.top))
      options.resize(static_cast<std::size_t>(request_.top));
  }

  void keep_best_of_each_card() {
    std::vector<const GpuSpec*> seen;
    std::vector<PlanOption> best;
    for (PlanOption& option : result_.options) {
      if (std::find(seen.begin(), seen.end(), option.replica.gpu) != seen.end()) continue;
      seen.push_back(option.replica.gpu);
      best.push_back(std::move(option));
    }
    result_.options = std::move(best);
  }

  void lead_with_a_verified_card() {
    auto& options = result_.options;
    const auto first = std::find_if(options.begin(), options.end(),
                                    [](const PlanOption& o) { return !o.unverified; });
    if (first == options.begin() || first == options.end()) return;
    result_.notes.push_back(
        fmt::format("{} would rank first, but its figures were not read in any text: "
                    "--allow-unverified ranks it",
                    options.front().replica.gpu->id));
    std::rotate(options.begin(), first, first + 1);
  }

  void mark_pareto() {
    for (PlanOption& a : result_.options) {
      if (!a.priced()) continue;
      a.pareto =
          std::none_of(result_.options.begin(), result_.options.end(), [&](const PlanOption& b) {
            if (!b.priced()) return false;
            const bool no_worse = b.tco() <= a.tco() && b.capacity.e2e <= a.capacity.e2e;
            return no_worse && (b.tco() < a.tco() || b.capacity.e2e < a.capacity.e2e);
          });
    }
  }

  const Catalog& catalog_;
  const ModelSpec& model_;
  const PlanRequest& request_;
  SearchMode mode_;
  Workload workload_;
  ParameterCounts counts_;
  std::vector<CardSpace> spaces_;
  std::map<std::string, std::vector<LayoutFacts>> layouts_;
  PlanResult result_;
};

}  // namespace

std::string_view name_of(RankBy rank) { return kRanks.at(static_cast<std::size_t>(rank)).first; }

std::optional<RankBy> rank_by_from(std::string_view name) {
  for (const auto& [text, rank] : kRanks) {
    if (text == normalise_name(name)) return rank;
  }
  return {};
}

Result<PlanResult> make_plan(const Catalog& catalog, const ModelSpec& model,
                             const PlanRequest& request, SearchMode mode) {
  return Planner(catalog, model, request, mode).run();
}

}  // namespace gpusize
