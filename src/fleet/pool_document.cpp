#include "gpusize/fleet/pool_document.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fleet/pool_answer.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/tco/why_cost.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/pool-1.schema.json";
constexpr std::array<Formula, 12> kFormulas{{
    {"pool.usd_per_month_per_card", "per_gpu / (years * 12)", "USD/month", "twelve months a year"},
    {"pool.cards", "used + spare", "cards", "definition"},
    {"pool.buy", "max(0, cards - owned)", "cards", "owned cards are used first"},
    {"pool.retire", "max(0, owned - cards)", "cards", "no hour of the day needs them"},
    {"pool.kind_cost", "usd_per_month * buy + owned_usd_per_month * (cards - buy)", "USD/month",
     "owned cards cost what keeping them costs"},
    {"pool.alone", "usd_per_month * ceil(slices / parts)", "USD/month",
     "cards of its own at its peak, none of them owned"},
    {"pool.gap", "(cost - lower_bound) / max(cost, 0.000001) * 100", "%", "definition"},
    {"pool.replicas", "max(min_replicas, planned)", "replicas", "of the peak hour"},
    {"pool.licence_per_month", "licence / (years * 12)", "USD/month", "twelve months a year"},
    {"pool.licences", "licence * licensed", "USD/month", "one licence per card cut this way"},
    {"pool.kind_cost_licensed",
     "usd_per_month * buy + owned_usd_per_month * (cards - buy) + licences", "USD/month",
     "owned cards cost what keeping them costs"},
    {"pool.alone_licensed", "(usd_per_month + licence) * ceil(slices / parts)", "USD/month",
     "cards of its own at its peak, none of them owned"},
}};
constexpr const Formula& kPerCard = kFormulas[0];
constexpr const Formula& kCards = kFormulas[1];
constexpr const Formula& kBuy = kFormulas[2];
constexpr const Formula& kRetire = kFormulas[3];
constexpr const Formula& kKindCost = kFormulas[4];
constexpr const Formula& kAlone = kFormulas[5];
constexpr const Formula& kGap = kFormulas[6];
constexpr const Formula& kReplicas = kFormulas[7];
constexpr const Formula& kLicences = kFormulas[9];
constexpr const Formula& kKindCostLicensed = kFormulas[10];
constexpr const Formula& kAloneLicensed = kFormulas[11];

double dbl(std::int64_t value) { return static_cast<double>(value); }

std::int64_t peak(const std::vector<std::int64_t>& hours) {
  return *std::max_element(hours.begin(), hours.end());
}

Why of_file(std::string_view label, double value, std::string unit) {
  return why_input(std::string(label), value, std::move(unit), "the pool's file");
}

class PoolWriter {
 public:
  PoolWriter(const Catalog& catalog, const PoolSpec& pool, const PoolWorld& world,
             const PoolAnswer& answer)
      : catalog_(catalog),
        pool_(pool),
        world_(world),
        a_(answer),
        document_(kSchema, "pool"),
        years_(of_file("years", pool.years, "years")) {}

  ResultDocument write() {
    ObjectWriter out = document_.root();
    out.object("catalog").text("version", catalog_.version());
    out.text("status", !a_.feasible ? "infeasible" : a_.optimal ? "optimal" : "feasible");
    write_pool(out.object("inputs"), pool_);
    for (std::size_t k = 0; k < pool_.cards.size(); ++k) prices_.push_back(price_why(k));
    write_totals(out);
    out.list("placements");
    for (const PoolPlacement& p : a_.placing.placements)
      write_placement(out.append("placements"), p);
    out.list("models");
    for (std::size_t i = 0; i < a_.placed.size(); ++i) write_model(out.append("models"), i);
    out.list("addition");
    for (std::size_t k = 0; k < a_.addition.size(); ++k) {
      if (a_.addition[k] > 0) write_addition(out.append("addition"), k);
    }
    out.list("rejected");
    for (const std::size_t m : a_.left) {
      ObjectWriter row = out.append("rejected");
      row.text("model", pool_.models[m].name);
      row.number("priority", pool_.models[m].priority,
                 of_file("priority", pool_.models[m].priority, ""));
      row.text("reason", world_.models[m].ways.empty()
                             ? world_.models[m].reason
                             : "no room beside models of higher priority within the limits");
    }
    write_not_assessed(out);
    return std::move(document_);
  }

 private:
  /// What one more card costs a month; null when no price is known.
  [[nodiscard]] Why price_why(std::size_t k) const {
    const CardCost& cost = world_.costs[k];
    if (!cost.known()) return nullptr;
    const double per_gpu = cost.per_gpu.in(units::USD);
    return why_formula(kPerCard, fmt::format("one {} a month", pool_.cards[k].gpu->id),
                       per_gpu / (pool_.years * 12.0),
                       {{"per_gpu", why_card_cost(cost)}, {"years", years_}});
  }

  /// The total first, as readers look for it; its parts are written into `cards` below it.
  void write_totals(ObjectWriter& out) {
    std::vector<std::pair<std::string, Why>> parts;
    for (std::size_t k = 0; k < pool_.cards.size(); ++k) {
      kinds_.push_back(kind_whys(k));
      parts.emplace_back(pool_.cards[k].gpu->id, kinds_.back().cost);
    }
    double total = 0.0;
    for (const auto& [name, why] : parts) total += why->value;
    const Why cost = why_sum("cost of the pool", total, "USD/month", std::move(parts));
    out.number("cost_usd_per_month", total, cost);
    const double low = std::min(a_.lower_bound, total);
    const Why bound =
        why_search("lower bound", low, "USD/month",
                   a_.optimal ? "the search was complete: no assignment costs less"
                              : "Lagrangian relaxation of the hours' peaks: no assignment of "
                                "these ways to run the models costs less",
                   {});
    out.number("lower_bound_usd_per_month", low, bound);
    const double gap = (total - low) / std::max(total, 0.000001) * 100.0;
    out.number("gap_pct", gap,
               why_formula(kGap, "gap", gap, {{"cost", cost}, {"lower_bound", bound}}));
    write_alone(out);
    out.list("cards");
    for (std::size_t k = 0; k < pool_.cards.size(); ++k) write_kind(out.append("cards"), k);
  }

  struct KindWhys {
    Why used;
    Why spare;
    Why cards;
    Why owned;
    Why buy;
    Why retire;
    Why cost;
  };

  [[nodiscard]] KindWhys kind_whys(std::size_t k) const {
    const PoolCard& card = pool_.cards[k];
    KindWhys w;
    const std::int64_t used = a_.placing.cards[k];
    const std::int64_t cards = a_.cards[k];
    // Owned cards that cost more to keep than new ones are not used.
    const bool kept = world_.problem.kinds[k].owned == card.owned;
    const std::int64_t owned = kept ? card.owned : 0;
    w.used = why_search("used", dbl(used), "cards",
                        "cards of the peak hour, over all nodes of the placing", {});
    w.spare = cards > 0 ? of_file("spare", dbl(card.spare), "cards")
                        : why_count("spare", 0.0, "none in use, none spare");
    w.cards = why_formula(kCards, "cards", dbl(cards), {{"used", w.used}, {"spare", w.spare}});
    w.owned = kept ? of_file("owned", dbl(card.owned), "cards")
                   : why_count("owned", 0.0, "keeping one costs more than a new one");
    const std::int64_t buy = std::max<std::int64_t>(0, cards - owned);
    w.buy = why_formula(kBuy, "to buy", dbl(buy), {{"cards", w.cards}, {"owned", w.owned}});
    const std::int64_t retire = kept ? std::max<std::int64_t>(0, owned - cards) : card.owned;
    w.retire = kept ? why_formula(kRetire, "to retire", dbl(retire),
                                  {{"cards", w.cards}, {"owned", w.owned}})
                    : of_file("owned", dbl(card.owned), "cards");
    const double price = prices_[k] ? prices_[k]->value : 0.0;
    WhyInputs inputs{
        {"usd_per_month",
         prices_[k] ? prices_[k] : why_count("usd_per_month", 0.0, "no price; none bought")},
        {"buy", w.buy},
        {"owned_usd_per_month",
         of_file("owned_usd_per_month", card.owned_usd_per_month, "USD/month")},
        {"cards", w.cards}};
    const Why licences = licences_of(k);
    if (licences) inputs.emplace_back("licences", licences);
    w.cost = why_formula(licences ? kKindCostLicensed : kKindCost,
                         fmt::format("cost of {}", card.gpu->id),
                         price * dbl(buy) + card.owned_usd_per_month * dbl(cards - buy) +
                             (licences ? licences->value : 0.0),
                         std::move(inputs));
    return w;
  }

  /// Licences of a kind's cards; null when it needs none.
  [[nodiscard]] Why licences_of(std::size_t k) const {
    std::vector<std::pair<std::string, Why>> parts;
    double total = 0.0;
    for (std::size_t c = 0; c < world_.licences.size(); ++c) {
      const std::int64_t cards = a_.placing.cut_cards[c];
      if (world_.problem.cuts[c].kind != k || !world_.licences[c] || cards == 0) continue;
      const Why part = why_formula(
          kLicences, fmt::format("licences of {}", world_.slices[c]),
          world_.licences[c]->value * dbl(cards),
          {{"licence", world_.licences[c]},
           {"licensed", why_search("licensed", dbl(cards), "cards",
                                   "cut this way, over all nodes of the placing", {})}});
      total += part->value;
      parts.emplace_back(world_.slices[c], part);
    }
    if (parts.empty()) return nullptr;
    return why_sum("licences", total, "USD/month", std::move(parts));
  }

  void write_kind(ObjectWriter row, std::size_t k) {
    const PoolCard& card = pool_.cards[k];
    const KindWhys& w = kinds_[k];
    const auto whole = [&](std::string_view key, const Why& why) {
      row.integer(key, std::llround(why->value), why);
    };
    row.text("gpu", card.gpu->id);
    row.integer("owned", card.owned, of_file("owned", dbl(card.owned), "cards"));
    whole("used", w.used);
    whole("spare", w.spare);
    whole("cards", w.cards);
    whole("buy", w.buy);
    whole("retire", w.retire);
    const std::int64_t apart = without_sharing(k);
    row.integer("without_sharing", apart,
                why_search("without sharing", dbl(apart), "cards",
                           "the models' own peaks, each on cards of its own", {}));
    row.integer("nodes", a_.placing.nodes[k],
                why_search("nodes", dbl(a_.placing.nodes[k]), "nodes",
                           fmt::format("of {} cards, those in use", world_.node_gpus[k]), {}));
    if (prices_[k]) {
      row.number("usd_per_month_per_card", prices_[k]->value, prices_[k]);
    } else {
      row.null("usd_per_month_per_card");
    }
    row.number("usd_per_month", w.cost->value, w.cost);
  }

  [[nodiscard]] const PoolWay& way(std::size_t i) const {
    return world_.models[a_.placed[i]].ways[a_.way[i]];
  }

  [[nodiscard]] const PlanOption& option(std::size_t i) const {
    return world_.models[a_.placed[i]].plan.options[way(i).option];
  }

  [[nodiscard]] std::int64_t slices(std::size_t m, const PoolWay& way) const {
    return peak(way.running) * world_.models[m].plan.options[way.option].replica.layout.gpus();
  }

  [[nodiscard]] std::int64_t without_sharing(std::size_t k) const {
    std::int64_t out = 0;
    for (std::size_t i = 0; i < a_.placed.size(); ++i) {
      const PoolCut& cut = world_.problem.cuts[way(i).cut];
      if (cut.kind == k) out += (slices(a_.placed[i], way(i)) + cut.parts - 1) / cut.parts;
    }
    return out;
  }

  /// The cheapest way of one model on cards of its own; null when no price is known.
  [[nodiscard]] Why alone_why(std::size_t m) const {
    Why best;
    for (const PoolWay& w : world_.models[m].ways) {
      const PoolCut& cut = world_.problem.cuts[w.cut];
      if (!prices_[cut.kind]) continue;
      const std::int64_t need = slices(m, w);
      const Why& licence = world_.licences[w.cut];
      const double card = prices_[cut.kind]->value + (licence ? licence->value : 0.0);
      const double cost = card * dbl((need + cut.parts - 1) / cut.parts);
      if (best && best->value <= cost) continue;
      WhyInputs inputs{
          {"usd_per_month", prices_[cut.kind]},
          {"slices", why_search("slices", dbl(need), "slices or cards",
                                "of the peak hour, by the planner's best option on this card", {})},
          {"parts", why_count("parts", dbl(cut.parts), "slices that fill one card")}};
      if (licence) inputs.emplace_back("licence", licence);
      best = why_formula(licence ? kAloneLicensed : kAlone,
                         fmt::format("{} alone", pool_.models[m].name), cost, std::move(inputs));
    }
    return best;
  }

  void write_alone(ObjectWriter& out) {
    std::vector<std::pair<std::string, Why>> parts;
    double total = 0.0;
    for (const std::size_t m : a_.placed) {
      alone_.push_back(alone_why(m));
      if (!alone_.back()) continue;
      total += alone_.back()->value;
      parts.emplace_back(pool_.models[m].name, alone_.back());
    }
    if (parts.size() != a_.placed.size() || parts.empty()) {
      out.null("alone_usd_per_month");
      return;
    }
    out.number("alone_usd_per_month", total,
               why_sum("each model alone", total, "USD/month", std::move(parts)));
  }

  [[nodiscard]] std::string node_name(const PoolPlacement& p) const {
    std::vector<std::string> names;
    for (const std::size_t node : p.nodes)
      names.push_back(fmt::format("{}-{}", to_lower(pool_.cards[p.kind].gpu->id), node + 1));
    return fmt::format("{}", fmt::join(names, "+"));
  }

  void write_slice(ObjectWriter& row, std::size_t cut) const {
    if (world_.slices[cut].empty()) {
      row.null("slice");
    } else {
      row.text("slice", world_.slices[cut]);
    }
  }

  void write_placement(ObjectWriter row, const PoolPlacement& p) {
    row.text("model", pool_.models[a_.placed[p.model]].name);
    row.text("gpu", pool_.cards[p.kind].gpu->id);
    write_slice(row, way(p.model).cut);
    row.integer("replicas", p.replicas,
                why_search("replicas", dbl(p.replicas), "replicas",
                           "of the model's peak hour, placed on this node", {}));
    row.text("node", node_name(p));
  }

  /// The chosen option word for word as `plan` would tell it for this model alone.
  void write_model(ObjectWriter row, std::size_t i) {
    const std::size_t m = a_.placed[i];
    const PoolModel& model = pool_.models[m];
    const PoolWay& chosen = way(i);
    row.text("name", model.name);
    row.text("model", model.request.model);
    row.text("gpu", pool_.cards[world_.problem.cuts[chosen.cut].kind].gpu->id);
    write_slice(row, chosen.cut);
    PlanResult one;
    one.options.push_back(option(i));
    const ResultDocument plan =
        plan_document(catalog_, *option(i).replica.model, world_.models[m].request, one);
    const std::int64_t most = peak(chosen.running);
    const double top_share =
        model.hourly.empty() ? 1.0 : *std::max_element(model.hourly.begin(), model.hourly.end());
    if (top_share == 1.0) {
      row.integer(
          "replicas", most,
          why_formula(kReplicas, "replicas", dbl(most),
                      {{"min_replicas", of_file("min_replicas", dbl(model.min_replicas), "")},
                       {"planned", plan.why("options[0].replicas")}}));
    } else {
      row.integer("replicas", most,
                  why_search("replicas", dbl(most), "replicas",
                             "for the day's highest share of qps, by the rule of plan.replicas",
                             {{"share", of_file("hourly", top_share, "")}}));
    }
    const std::int64_t least = *std::min_element(chosen.running.begin(), chosen.running.end());
    row.integer("least_replicas", least,
                why_search("least replicas", dbl(least), "replicas",
                           "of the quietest hour, by the rule of plan.replicas", {}));
    if (alone_[i]) {
      row.number("alone_usd_per_month", alone_[i]->value, alone_[i]);
    } else {
      row.null("alone_usd_per_month");
    }
    row.copy("option", plan, "/options/0");
  }

  void write_addition(ObjectWriter row, std::size_t k) {
    row.text("gpu", pool_.cards[k].gpu->id);
    row.integer("cards", a_.addition[k],
                why_search("addition", dbl(a_.addition[k]), "cards",
                           a_.addition_proven
                               ? "fewest cards above the limits that hold every model; proven"
                               : "cards above the limits that hold every model; fewer might do",
                           {}));
    row.flag("proven", a_.addition_proven);
  }

  void write_not_assessed(ObjectWriter& out) {
    out.list("not_assessed");
    const auto row = [&](std::string_view what, std::string_view reason) {
      ObjectWriter entry = out.append("not_assessed");
      entry.text("what", what);
      entry.text("reason", reason);
    };
    for (const NotAssessed& item : world_.not_assessed) row(item.what, item.reason);
    if (pool_.hours() > 1) {
      row("starting replicas",
          "cards change hands on the hour; the time to load a model is not "
          "planned for");
    }
    for (std::size_t i = 0; i < a_.placed.size(); ++i) {
      for (const std::string& text : option(i).replica.model->not_assessed)
        row(option(i).replica.model->id, text);
    }
  }

  const Catalog& catalog_;
  const PoolSpec& pool_;
  const PoolWorld& world_;
  const PoolAnswer& a_;
  ResultDocument document_;
  Why years_;
  std::vector<Why> prices_;  ///< per kind
  std::vector<KindWhys> kinds_;
  std::vector<Why> alone_;  ///< per placed model
};

}  // namespace

Result<ResultDocument> pool_document(const Catalog& catalog, const PoolSpec& pool,
                                     const std::vector<std::shared_ptr<const ModelSpec>>& models) {
  const auto world = pool_world(catalog, pool, models);
  if (!world.ok()) return world.errors();
  const PoolAnswer answer = answer_pool(pool, *world);
  return PoolWriter(catalog, pool, *world, answer).write();
}

std::span<const Formula> pool_formulas() { return kFormulas; }

const Formula* pool_formula(std::string_view id) {
  const auto* found = std::find_if(kFormulas.begin(), kFormulas.end(),
                                   [&](const Formula& f) { return f.id == id; });
  return found == kFormulas.end() ? nullptr : found;
}

}  // namespace gpusize
