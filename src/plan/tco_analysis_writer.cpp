#include "plan/tco_analysis_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "gpusize/tco/analysis.hpp"

namespace gpusize {
namespace {

constexpr std::size_t kShownDrivers = 20;  // per scenario
constexpr Formula kDifference{"tco.published_difference", "computed / published - 1", "ratio",
                              "relative to the published figure"};

Why found(std::string label, double value, std::string unit, std::string note,
          std::vector<std::pair<std::string, Why>> inputs = {}) {
  return why_search(std::move(label), value, std::move(unit), std::move(note), std::move(inputs));
}

const std::string& id_of(const TcoEngine& engine, std::size_t scenario) {
  return engine.scenarios()[scenario].scenario->id;
}

void write_sensitivity(ObjectWriter& out, const TcoEngine& engine) {
  out.list("sensitivity");
  std::size_t scenario = engine.scenarios().size();
  std::size_t shown = 0;
  for (const TcoSwing& swing : tco_sensitivity(engine)) {
    shown = swing.scenario == scenario ? shown + 1 : 1;
    scenario = swing.scenario;
    if (shown > kShownDrivers) continue;
    const TcoAssumption& a = *swing.driver;
    ObjectWriter row = out.append("sensitivity");
    row.text("scenario", id_of(engine, scenario));
    row.text("driver", a.id);
    row.text("name", a.name);
    row.text("unit", a.unit);
    row.number("base", a.value(), a.why);
    const auto end = [&](const char* key, double value) {
      row.number(key, value,
                 found(fmt::format("{} {}", a.id, key), value, a.unit, "end of the stated range",
                       {{"value", a.why}}));
    };
    end("low", a.low.value_or(a.value()));
    end("high", a.high.value_or(a.value()));
    const auto total = [&](const char* key, double value) {
      row.number(key, value,
                 found(key, value, "USD", "the whole model run again with this one number moved",
                       {{a.id, a.why}}));
    };
    total("tco_low_usd", swing.at_low);
    total("tco_high_usd", swing.at_high);
    total("swing_usd", swing.swing());
    total("net_low_usd", swing.net_at_low);
    total("net_high_usd", swing.net_at_high);
  }
}

void write_simulation(ObjectWriter& out, const TcoEngine& engine,
                      const std::vector<TcoScenarioResult>& results, const TcoDraws& how) {
  const auto spreads =
      tco_simulation(engine, how.count, static_cast<std::uint64_t>(how.seed), how.threads);
  if (spreads.empty()) return out.null("monte_carlo");
  ObjectWriter mc = out.object("monte_carlo");
  const auto draw_count = static_cast<double>(how.count);
  mc.integer("seed", how.seed, why_input("seed", static_cast<double>(how.seed), "", "--seed"));
  mc.integer("draws", how.count, why_input("draws", draw_count, "", "--draws"));
  mc.text("distribution", "triangular between low, value and high; assumptions vary independently");
  const auto amount = [&](ObjectWriter& at, const char* key, double value, const char* note) {
    at.number(key, value, found(key, value, "USD", note));
  };
  const auto best =
      std::min_element(spreads.begin(), spreads.end(), [&](const TcoSpread& a, const TcoSpread& b) {
        return results[a.scenario].tco.value < results[b.scenario].tco.value;
      });
  mc.text("scenario", id_of(engine, best->scenario));
  amount(mc, "p10", best->p10, "a tenth of the draws cost less");
  amount(mc, "p50", best->p50, "half of the draws cost less");
  amount(mc, "p90", best->p90, "nine tenths of the draws cost less");
  for (const TcoSpread& s : spreads) {
    ObjectWriter row = mc.append("scenarios");
    row.text("id", id_of(engine, s.scenario));
    amount(row, "p10_usd", s.p10, "a tenth of the draws cost less");
    amount(row, "p50_usd", s.p50, "half of the draws cost less");
    amount(row, "p90_usd", s.p90, "nine tenths of the draws cost less");
    amount(row, "mean_usd", s.mean, "mean of the draws");
    amount(row, "net_p10_usd", s.net_p10, "benefit less cost: a tenth of the draws bring less");
    amount(row, "net_p50_usd", s.net_p50, "benefit less cost: half of the draws bring less");
    amount(row, "net_p90_usd", s.net_p90, "benefit less cost: nine tenths of the draws bring less");
    row.number("gain_share", s.gain_share,
               found("gain_share", s.gain_share, "ratio",
                     "share of the draws in which the benefit is more than the cost"));
    row.number("cheapest_share", s.cheapest_share,
               found("cheapest_share", s.cheapest_share, "ratio",
                     "share of the draws in which this scenario costs least"));
    for (std::size_t bin = 0; bin < s.counts.size(); ++bin) {
      ObjectWriter at = row.append("histogram");
      const double from = s.from + s.step * static_cast<double>(bin);
      amount(at, "from_usd", from, "left edge");
      amount(at, "to_usd", from + s.step, "right edge");
      at.integer("count", s.counts[bin],
                 why_count("count", static_cast<double>(s.counts[bin]), "draws in this bin"));
    }
  }
}

/// A pair of scenarios and what moves.
struct Pair {
  const char* id;
  const char* a;
  const char* b;
  const char* variable;
};
constexpr std::array<Pair, 4> kPairs{{
    {"own-rent-utilization", "own", "rent", "utilization"},
    {"own-rent-traffic", "own", "rent", "qps"},
    {"own-api-traffic", "own", "api", "qps"},
    {"rent-api-traffic", "rent", "api", "qps"},
}};

std::string sentence(const Pair& pair, const TcoCrossing& c, const std::string& a,
                     const std::string& b) {
  const bool utilization = std::string_view(pair.variable) == "utilization";
  if (!c.at) {
    return fmt::format("{} and {} never cost the same {}: {} is cheaper throughout", a, b,
                       utilization ? "at any share of the hours" : "at any traffic looked at",
                       c.a_usd <= c.b_usd ? a : b);
  }
  if (utilization)
    return fmt::format(
        "{} is cheaper than {} when the cards are wanted more than {:.1f} % of the time", a, b,
        100.0 * *c.at);
  return fmt::format("{} is cheaper than {} {} {:.4g} requests/s{}", a, b,
                     c.cheaper_above ? "above" : "below", *c.at,
                     c.step ? ", where a whole replica more is needed" : "");
}

void write_point(ObjectWriter& out, const TcoEngine& engine, const Pair& pair,
                 const TcoCrossings& crossings, std::size_t a, std::size_t b) {
  const bool utilization = std::string_view(pair.variable) == "utilization";
  const TcoCrossing c = crossings.of(a, b);
  ObjectWriter row = out.append("points");
  row.text("id", pair.id);
  row.text("variable", pair.variable);
  row.text("a", pair.a);
  row.text("b", pair.b);
  const std::string note =
      "where the totals of both scenarios, each run whole, cross first; fleets grow in whole "
      "replicas, so larger traffic may cross again";
  if (c.at) {
    row.number("value", *c.at, found(pair.variable, *c.at, utilization ? "ratio" : "1/s", note));
  } else {
    row.null("value");
  }
  row.number("a_usd", c.a_usd, found(pair.a, c.a_usd, "USD", "total at that value"));
  row.number("b_usd", c.b_usd, found(pair.b, c.b_usd, "USD", "total at that value"));
  row.flag("step", c.step);
  row.text("a_cheaper", !c.at             ? (c.a_usd <= c.b_usd ? "always" : "never")
                        : c.cheaper_above ? "above"
                                          : "below");
  row.text("text", sentence(pair, c, engine.scenarios()[a].scenario->name,
                            engine.scenarios()[b].scenario->name));
}

/// What moves over which range for the pairs that ask about `variable`.
struct Sweep {
  std::string_view variable;
  std::string_view assumption;
  double low = 0.0;
  double high = 0.0;
};

void write_points(ObjectWriter& out, const TcoEngine& engine, const std::vector<std::size_t>& known,
                  const Sweep& sweep) {
  const auto find = [&](std::string_view id) {
    return std::find_if(known.begin(), known.end(),
                        [&](std::size_t s) { return id_of(engine, s) == id; });
  };
  std::vector<const Pair*> asked;
  std::set<std::size_t> scenarios;
  for (const Pair& pair : kPairs) {
    const auto a = find(pair.a);
    const auto b = find(pair.b);
    if (sweep.variable != pair.variable || a == known.end() || b == known.end()) continue;
    asked.push_back(&pair);
    scenarios.insert({*a, *b});
  }
  if (asked.empty()) return;
  const TcoCrossings crossings(engine, {scenarios.begin(), scenarios.end()}, sweep.assumption,
                               sweep.low, sweep.high);
  for (const Pair* pair : asked)
    write_point(out, engine, *pair, crossings, *find(pair->a), *find(pair->b));
}

void write_curve(ObjectWriter& out, const TcoEngine& engine,
                 const std::vector<std::size_t>& known) {
  constexpr std::size_t kPoints = 33;
  const double qps = engine.base_values()[*engine.slot_of("qps")];
  std::vector<double> values(kPoints);
  for (std::size_t i = 0; i < kPoints; ++i)
    values[i] = qps * std::pow(10.0, (static_cast<double>(i) - 16.0) / 16.0);
  const auto totals = tco_curve(engine, "qps", values);
  for (std::size_t i = 0; i < kPoints; ++i) {
    ObjectWriter row = out.append("curve");
    row.number("qps", values[i],
               found("qps", values[i], "1/s", "a tenth to ten times the asked rate"));
    for (const std::size_t s : known) {
      ObjectWriter cost = row.append("costs");
      cost.text("scenario", id_of(engine, s));
      cost.number("tco_usd", totals[s][i],
                  found(id_of(engine, s), totals[s][i], "USD", "total at that traffic"));
    }
  }
}

void write_break_even(ObjectWriter& out, const TcoEngine& engine,
                      const std::vector<TcoScenarioResult>& results) {
  std::vector<std::size_t> known;
  for (std::size_t s = 0; s < results.size(); ++s) {
    if (results[s].known()) known.push_back(s);
  }
  const TcoAssumption* qps = engine.model().assumption("qps");
  if (known.size() < 2 || qps == nullptr || qps->why == nullptr) return out.null("break_even");
  ObjectWriter be = out.object("break_even");
  be.list("points");
  be.list("curve");
  write_points(be, engine, known, {"utilization", "rent_hours_share", 1e-3, 1.0});
  write_points(be, engine, known, {"qps", "qps", qps->value() / 1000.0, qps->value() * 100.0});
  write_curve(be, engine, known);
}

/// What a published amount is compared with.
struct Computed {
  double value = 0.0;
  std::string unit = "USD";
};

Computed computed_of(const TcoReference& r, const TcoEngine& engine,
                     const TcoScenarioResult& result) {
  if (r.what == "benefit_usd") return {result.benefit.usd()};
  if (r.what == "roi") return {result.roi.value_or(0.0), "ratio"};
  for (const TcoVariable& v : engine.model().variables)
    if (v.id == r.what) return {result.sum(engine, v.id).value_or(0.0), v.unit};
  return {result.tco.usd()};
}

void write_published(ObjectWriter& out, const TcoEngine& engine,
                     const std::vector<TcoScenarioResult>& results) {
  out.list("published");
  for (const TcoReference& r : engine.model().references) {
    for (const TcoScenarioResult& result : results) {
      if (result.scenario->scenario->id != r.scenario || !result.known()) continue;
      const auto [computed, unit] = computed_of(r, engine, result);
      const double difference = r.value != 0.0 ? computed / r.value - 1.0 : 0.0;
      ObjectWriter row = out.append("published");
      row.text("scenario", r.scenario);
      row.text("what", r.what);
      row.text("unit", unit);
      const Why stated =
          why_fact(r.what, r.value, unit, NumberKind::kFact, r.source, Confidence::kRead, r.note);
      const Why here = found("computed", computed, stated->unit, "of this document");
      row.number("published", r.value, stated);
      row.number("computed", computed, here);
      row.number("difference", difference,
                 why_formula(kDifference, "difference", difference,
                             {{"computed", here}, {"published", stated}}));
      row.number("tolerance", r.tolerance,
                 found("tolerance", r.tolerance, "ratio", "stated with the published figure"));
      row.flag("within_tolerance", std::fabs(difference) <= r.tolerance);
      row.text("source", r.source.title);
      row.text("note", r.note);
    }
  }
}

}  // namespace

void write_tco_analysis(ObjectWriter& out, const TcoEngine& engine,
                        const std::vector<TcoScenarioResult>& results, const TcoDraws& draws) {
  write_sensitivity(out, engine);
  write_simulation(out, engine, results, draws);
  write_break_even(out, engine, results);
  write_published(out, engine, results);
}

}  // namespace gpusize
