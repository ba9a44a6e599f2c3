// Ways to run each model of a pool, from the planner.

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "fleet/pool_answer.hpp"
#include "gpusize/core/parallel.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kAllOptions = 100'000;

class WorldBuilder {
 public:
  WorldBuilder(const Catalog& catalog, const PoolSpec& pool,
               const std::vector<std::shared_ptr<const ModelSpec>>& models)
      : catalog_(catalog), pool_(pool), models_(models) {}

  Result<PoolWorld> run() {
    out_.problem.hours = pool_.hours();
    for (const PoolCard& card : pool_.cards) add_kind(card);
    if (const Diagnostics problems = plan_all(); has_errors(problems)) return problems;
    for (std::size_t m = 0; m < out_.models.size(); ++m) add_ways(pool_.models[m], out_.models[m]);
    return std::move(out_);
  }

 private:
  void add_kind(const PoolCard& card) {
    const auto basis = price_basis_from(pool_.price_basis);
    out_.costs.push_back(
        cost_of_card(catalog_, *card.gpu, {*basis, pool_.price_tier, pool_.region, pool_.years}));
    const CardCost& cost = out_.costs.back();
    PoolKind kind{0.0, card.owned, card.most, card.owned_usd_per_month, card.spare};
    if (cost.known()) {
      kind.usd_per_month = cost.per_gpu.in(units::USD) / (pool_.years * 12.0);
      // Cards that cost more to keep than new ones cost are given up first.
      if (kind.owned_usd_per_month > kind.usd_per_month) kind.owned = 0;
    } else {
      kind.usd_per_month = kind.owned_usd_per_month;
      kind.most = card.owned;
      out_.not_assessed.push_back({fmt::format("buying {}", card.gpu->id), cost.missing});
    }
    out_.problem.kinds.push_back(kind);
    out_.node_gpus.push_back(card.gpu->node_gpus);
  }

  [[nodiscard]] PlanRequest request_of(const PoolModel& m) const {
    PlanRequest r = m.request;
    r.basis = *price_basis_from(pool_.price_basis);
    r.tier = pool_.price_tier;
    r.region = pool_.region;
    r.years = pool_.years;
    r.top = kAllOptions;
    if (r.gpus.empty()) {
      for (const PoolCard& card : pool_.cards) r.gpus.push_back(card.gpu->id);
    }
    std::set<std::string> slices;
    for (const PoolCard& card : pool_.cards) {
      for (const std::string& slice : card.slices)
        slices.insert(slice.find(':') == std::string::npos ? "mig" : slice);
    }
    r.slices.assign(slices.begin(), slices.end());
    return r;
  }

  /// The models side by side: one plan knows nothing of the others.
  Diagnostics plan_all() {
    out_.models.resize(pool_.models.size());
    std::vector<Diagnostics> problems(pool_.models.size());
    for_each_index(pool_.models.size(), static_cast<int>(std::thread::hardware_concurrency()),
                   [&](std::size_t m) {
                     out_.models[m].request = request_of(pool_.models[m]);
                     auto plan = make_plan(catalog_, *models_[m], out_.models[m].request);
                     if (plan.ok()) {
                       out_.models[m].plan = std::move(plan).value();
                     } else {
                       problems[m] = plan.errors();
                     }
                   });
    Diagnostics out;
    for (std::size_t m = 0; m < problems.size(); ++m) {
      for (Diagnostic& d : problems[m]) {
        if (!d.where.known()) d.where = pool_.models[m].where;
        out.push_back(std::move(d));
      }
    }
    return out;
  }

  void add_ways(const PoolModel& m, PoolWays& ways) {
    const auto& options = ways.plan.options;
    for (std::size_t o = 0; o < options.size(); ++o) {
      const auto cut = cut_of(*options[o].replica.gpu);
      if (!cut || !available(*cut)) continue;
      ways.ways.push_back({o, *cut, running(m, options[o])});
    }
    if (ways.ways.empty()) {
      ways.reason = reason_of(ways.plan);
      return;
    }
    std::vector<PoolChoice> choices;
    for (const PoolWay& way : ways.ways) {
      PoolChoice choice{way.cut, way.running};
      for (std::int64_t& need : choice.need) need *= options[way.option].replica.layout.gpus();
      choices.push_back(std::move(choice));
    }
    out_.problem.models.push_back(std::move(choices));
  }

  /// The problem's cut for a card or an allowed slice of it; new ones are added.
  std::optional<std::size_t> cut_of(const GpuSpec& gpu) {
    const std::string& whole = gpu.slice_of.empty() ? gpu.id : gpu.slice_of;
    const auto card = std::find_if(pool_.cards.begin(), pool_.cards.end(),
                                   [&](const PoolCard& c) { return c.gpu->id == whole; });
    if (card == pool_.cards.end()) return {};
    const std::string slice = gpu.slice_of.empty() ? "" : gpu.id.substr(whole.size() + 1);
    if (!slice.empty() && !card->allows(slice)) return {};
    const auto kind = static_cast<std::size_t>(card - pool_.cards.begin());
    auto& cuts = out_.problem.cuts;
    for (std::size_t c = 0; c < cuts.size(); ++c) {
      if (cuts[c].kind == kind && out_.slices[c] == slice) return c;
    }
    cuts.push_back({kind, gpu.slices_per_card});
    out_.slices.push_back(slice);
    out_.licences.push_back(slice.starts_with("vgpu:") ? licence_of(kind) : nullptr);
    if (out_.licences.back()) cuts.back().usd_per_month = out_.licences.back()->value;
    return cuts.size() - 1;
  }

  /// What sharing one card by vGPU is licensed for a month; null when that is not known.
  Why licence_of(std::size_t kind) {
    const GpuSpec& card = *pool_.cards[kind].gpu;
    if (std::string reason = vgpu_licence_missing(catalog_, card); !reason.empty()) {
      out_.not_assessed.push_back({fmt::format("vGPU licence of {}", card.id), reason});
      return nullptr;
    }
    const CardCost licence = cost_with_vgpu(catalog_, card, {}, pool_.years);
    const Why& why = licence.lines.back().why;
    return why_formula(
        *pool_formula("pool.licence_per_month"), why->label, why->value / (pool_.years * 12.0),
        {{"licence", why}, {"years", why_input("years", pool_.years, "years", "the pool's file")}});
  }

  [[nodiscard]] bool available(std::size_t cut) const {
    return out_.problem.kinds[out_.problem.cuts[cut].kind].most != 0;
  }

  /// Replicas per hour, by the rule that the plan's peak follows; hours without requests need none.
  [[nodiscard]] std::vector<std::int64_t> running(const PoolModel& m,
                                                  const PlanOption& option) const {
    std::vector<std::int64_t> out;
    for (std::size_t h = 0; h < out_.problem.hours; ++h) {
      const double share = m.hourly.empty() ? 1.0 : m.hourly[h];
      const double rate = m.request.qps * share * (1.0 + m.request.headroom);
      const auto replicas =
          static_cast<std::int64_t>(std::ceil(rate / option.capacity.requests_per_s - 1e-12));
      out.push_back(share > 0.0 ? std::max(replicas, m.min_replicas) : 0);
    }
    return out;
  }

  [[nodiscard]] static std::string reason_of(const PlanResult& plan) {
    if (plan.rejected.empty()) return "none of the pool's cards may be had";
    const PlanRejection& r = plan.rejected.front();
    const std::string where = r.layout.empty() ? r.gpu : fmt::format("{} ({})", r.gpu, r.layout);
    if (r.unit.empty()) return fmt::format("{}: {}", where, r.reason);
    return fmt::format("{}: {}: {:.4g} against {:.4g} {}", where, r.reason, r.needed, r.available,
                       r.unit);
  }

  const Catalog& catalog_;
  const PoolSpec& pool_;
  const std::vector<std::shared_ptr<const ModelSpec>>& models_;
  PoolWorld out_;
};

}  // namespace

Result<PoolWorld> pool_world(const Catalog& catalog, const PoolSpec& pool,
                             const std::vector<std::shared_ptr<const ModelSpec>>& models) {
  return WorldBuilder(catalog, pool, models).run();
}

}  // namespace gpusize
