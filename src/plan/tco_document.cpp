#include "gpusize/plan/tco_document.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/confidence_below.hpp"
#include "gpusize/core/date.hpp"
#include "plan/tco_analysis_writer.hpp"
#include "plan/tco_scenario_writer.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/tco-1.schema.json";
constexpr std::int64_t kStaleMonths = 18;

Why input(std::string label, double value, std::string unit, std::string option) {
  return why_input(std::move(label), value, std::move(unit), std::move(option));
}

void write_pairs(ObjectWriter out, std::string_view key,
                 const std::vector<std::pair<std::string, double>>& pairs, const char* option) {
  out.list(key);
  for (const auto& [name, value] : pairs) {
    ObjectWriter row = out.append(key);
    row.text("id", name);
    row.number("value", value, input(name, value, "", fmt::format("{} {}", option, name)));
  }
}

void write_inputs(ObjectWriter out, const TcoRequest& r, const ResultDocument* plan) {
  if (plan != nullptr) {
    out.copy("plan", *plan, "/inputs");
  } else {
    out.null("plan");
  }
  const auto whole = [&](std::string_view key, std::int64_t value, const char* option) {
    out.integer(key, value, input(std::string(key), static_cast<double>(value), "", option));
  };
  const auto maybe = [&](std::string_view key, const std::optional<double>& value, std::string unit,
                         const char* option) {
    if (value) {
      out.number(key, *value, input(std::string(key), *value, std::move(unit), option));
    } else {
      out.null(key);
    }
  };
  whole("option", r.option, "--option");
  out.text("config_file", r.config_file);
  out.text("config_text", r.config_text);
  out.list("scenarios");
  for (const std::string& id : r.scenarios) out.append_text("scenarios", id);
  maybe("years", r.years, "years", "--years");
  out.text("region", r.region);
  out.text("price_tier", r.tier);
  out.text("api_product", r.api_product);
  write_pairs(out, "assume", r.assume, "--assume");
  write_pairs(out, "fx_rates", r.per_usd, "--fx-rate");
  out.text("currency", r.currency);
  maybe("benefit_usd_per_year", r.benefit_usd_per_year, "USD/year", "--benefit-usd-per-year");
  out.text("start", r.start);
  whole("draws", r.draws, "--draws");
  whole("seed", r.seed, "--seed");
}

void write_fleet(ObjectWriter out, const TcoSetup& setup, const ResultDocument* plan,
                 std::int64_t option) {
  if (plan == nullptr) return out.null("fleet");
  const auto& from = plan->json().at("options").at(static_cast<std::size_t>(option - 1));
  ObjectWriter fleet = out.object("fleet");
  fleet.text("model", plan->json().at("model").get<std::string>());
  fleet.text("gpu", setup.fleet.gpu != nullptr ? setup.fleet.gpu->id : "");
  for (const char* key : {"gpus", "nodes", "replicas", "spare_gpus"})
    fleet.integer(key, from.at(key).get<std::int64_t>(),
                  plan->why(fmt::format("/options/{}/{}", option - 1, key)));
  fleet.text("engine", from.at("engine").get<std::string>());
  fleet.text("weights_dtype", from.at("weights_dtype").get<std::string>());
}

void write_assumptions(ObjectWriter& out, const TcoModel& model) {
  out.list("assumptions");
  ConfidenceBelow confidence;
  for (const TcoAssumption& a : model.assumptions) {
    ObjectWriter row = out.append("assumptions");
    row.text("id", a.id);
    row.text("name", a.name);
    row.text("unit", a.unit);
    if (a.why == nullptr) {
      for (const char* key : {"value", "low", "high"}) row.null(key);
      row.text("source", a.missing);
      row.null("as_of");
      row.text("kind", "missing");
      row.text("confidence", "unknown");
      row.text("note", a.missing);
      continue;
    }
    row.number("value", a.value(), a.why);
    const auto end = [&](const char* key, const std::optional<double>& value) {
      if (!value) return row.null(key);
      row.number(key, *value,
                 why_search(fmt::format("{} {}", a.id, key), *value, a.unit,
                            "end of the stated range, or of the quotes behind a median",
                            {{"value", a.why}}));
    };
    end("low", a.low);
    end("high", a.high);
    row.text("source", a.why->source.title.empty() ? a.why->note : a.why->source.title);
    if (a.why->source.as_of.empty()) {
      row.null("as_of");
    } else {
      row.text("as_of", a.why->source.as_of);
    }
    row.text("kind", name_of(a.why->kind));
    row.text("confidence", name_of(confidence.of(*a.why)));
    row.text("note", a.why->note);
  }
}

std::string_view curve_name(TcoVariableKind kind) {
  switch (kind) {
    case TcoVariableKind::kNeeded: return "needed";
    case TcoVariableKind::kExcess: return "excess";
    case TcoVariableKind::kServed: return "served";
    case TcoVariableKind::kLoanInterest: return "loan_interest";
    case TcoVariableKind::kFormula: break;
  }
  return "";
}

/// Shares of the peak over the week, with how often they occur.
void write_traffic(ObjectWriter& out, const TrafficCurve& traffic) {
  out.list("traffic");
  const auto why = [](const char* what, double value) {
    return why_count(what, value, "the week's traffic curve: --config traffic");
  };
  for (const TrafficCurve::Step& step : traffic.steps()) {
    ObjectWriter row = out.append("traffic");
    row.number("share", step.share, why("share of the peak", step.share));
    row.number("weight", step.weight, why("share of the week", step.weight));
  }
}

void write_variables(ObjectWriter& out, const TcoModel& model) {
  out.list("variables");
  for (const TcoVariable& v : model.variables) {
    ObjectWriter row = out.append("variables");
    row.text("id", v.id);
    row.text("name", v.name);
    row.text("unit", v.unit);
    row.text("formula", v.formula);
    row.text("curve", curve_name(v.kind));
    row.text("demand", v.demand);
    row.text("base", v.base);
    row.list("scenarios");
    for (const std::string& id : v.scenarios) row.append_text("scenarios", id);
  }
}

/// Every source below any number, with its age.
class SourceList {
 public:
  SourceList(ObjectWriter& out, std::string as_of) : out_(out), as_of_(std::move(as_of)) {
    out_.list("sources");
    out_.list("stale");
  }

  void add(const Why& why) {
    if (why == nullptr || !walked_.insert(why.get())) return;
    for (const auto& [symbol, below] : why->inputs) add(below);
    const Source& s = why->source;
    if (s.title.empty() || !seen_.insert({s.title, s.ref, s.as_of}).second) return;
    ObjectWriter row = out_.append("sources");
    row.text("title", s.title);
    row.text("ref", s.ref);
    row.text("as_of", s.as_of);
    if (!is_iso_date(s.as_of)) return row.null("age_months");
    const std::int64_t age = months_between(s.as_of, as_of_);
    row.integer("age_months", age,
                why_count("age", static_cast<double>(age),
                          fmt::format("whole months from {} to {}", s.as_of, as_of_)));
    if (age > kStaleMonths && why->unit.starts_with("USD"))
      out_.append_text(
          "stale", fmt::format("{} is {} months old ({}, {})", why->label, age, s.title, s.as_of));
  }

 private:
  ObjectWriter& out_;
  std::string as_of_;
  PointerSet walked_;
  std::set<std::tuple<std::string, std::string, std::string>> seen_;
};

void write_currency(ObjectWriter out, const TcoRequest& r, const TcoModel& model) {
  out.text("code", r.currency);
  const auto rate = model.per_usd.find(r.currency);
  const double per_usd = rate == model.per_usd.end() ? 1.0 : rate->second;
  out.number("per_usd", per_usd, input("per_usd", per_usd, r.currency + "/USD", "--fx-rate"));
}

void write_horizon(ObjectWriter out, const TcoRequest& r, const TcoModel& model,
                   const Catalog& catalog) {
  out.number("years", model.period.years, input("years", model.period.years, "years", "--years"));
  const auto periods = static_cast<std::int64_t>(model.period.months());
  out.integer(
      "periods", periods,
      why_count("periods", static_cast<double>(periods), "of the cash flow, after the start"));
  out.text("period", model.period.unit);
  out.text("start", r.start.empty() ? months_before(catalog.as_of(), -1).substr(0, 7) : r.start);
}

void write_not_assessed(ObjectWriter& out, const std::vector<TcoScenarioResult>& results) {
  out.list("not_assessed");
  for (const TcoScenarioResult& r : results) {
    if (r.known()) continue;
    ObjectWriter row = out.append("not_assessed");
    row.text("what", fmt::format("scenario {}", r.scenario->scenario->id));
    row.text("reason", fmt::format("no value for {}", fmt::join(r.scenario->missing, ", ")));
  }
}

/// What the totals do not show: how a hybrid fleet is split, and whether one API account is enough.
void write_notes(ObjectWriter& out, const TcoEngine& engine,
                 const std::vector<TcoScenarioResult>& results) {
  out.list("notes");
  const auto peak = [&](const TcoScenarioResult& r, std::string_view symbol) {
    const auto slot = engine.slot_of(symbol);
    double most = 0.0;
    for (const auto& table : r.tables) most = std::max(most, slot ? table[*slot] : 0.0);
    return most;
  };
  for (const TcoScenarioResult& r : results) {
    if (!r.known()) continue;
    const std::string& id = r.scenario->scenario->id;
    if (id == "hybrid") {
      out.append_text("notes",
                      fmt::format("Hybrid: {} of {} replicas owned, the rest rented by the hour",
                                  peak(r, "base_replicas"), peak(r, "replicas")));
    }
    const TcoAssumption* limit = engine.model().assumption("api_concurrency");
    if (id != "api" || limit == nullptr) continue;
    if (limit->why == nullptr) {
      out.append_text("notes", fmt::format("API: {:.0f} requests in flight at the peak; {}",
                                           peak(r, "in_flight"), limit->missing));
    } else {
      const double accounts = peak(r, "api_accounts");
      out.append_text(
          "notes",
          fmt::format("API: {:.0f} requests in flight at the peak, one account may have {:.0f}: {}",
                      peak(r, "in_flight"), limit->value(),
                      accounts > 1.0 ? fmt::format("{:.0f} accounts needed", accounts)
                                     : std::string("one is enough")));
    }
  }
}

/// The cheapest scenario with a price, or null.
const TcoScenarioResult* cheapest(const std::vector<TcoScenarioResult>& results) {
  const TcoScenarioResult* best = nullptr;
  for (const TcoScenarioResult& r : results) {
    if (r.known() && (best == nullptr || r.tco.value < best->tco.value)) best = &r;
  }
  return best;
}

}  // namespace

Result<ResultDocument> tco_document(const Catalog& catalog, const TcoRequest& request,
                                    const ResultDocument* plan) {
  const auto setup = set_up_tco(catalog, request, plan);
  if (!setup.ok()) return setup.errors();
  const TcoModel& model = setup->model;
  if (request.currency != "USD" && !model.per_usd.contains(request.currency)) {
    return make_error(
        "tco-rate", fmt::format("no exchange rate for {}", request.currency), {},
        fmt::format("--fx-rate {}=NUMBER, {} for one USD", request.currency, request.currency));
  }
  const auto engine = TcoEngine::make(model, setup->scenarios);
  if (!engine.ok()) return engine.errors();
  if (const Diagnostics problems = check_amounts(*engine); has_errors(problems)) return problems;
  const std::vector<TcoScenarioResult> results = run_tco(*engine);
  const TcoScenarioResult* best = cheapest(results);

  ResultDocument document(kSchema, "tco");
  ObjectWriter out = document.root();
  ObjectWriter about = out.object("catalog");
  about.text("version", catalog.version());
  about.text("as_of", catalog.as_of());
  out.text("title", model.title);
  out.text("status", best != nullptr ? "priced" : "no price known");
  write_inputs(out.object("inputs"), request, plan);
  write_fleet(out, *setup, plan, request.option);
  write_currency(out.object("currency"), request, model);
  write_horizon(out.object("horizon"), request, model, catalog);
  if (best != nullptr) {
    out.text("cheapest", best->scenario->scenario->id);
  } else {
    out.null("cheapest");
  }
  out.list("scenarios");
  for (const TcoScenarioResult& r : results)
    write_tco_scenario(out.append("scenarios"), *engine, r);
  write_tco_analysis(out, *engine, results, {request.draws, request.seed, request.jobs});
  write_assumptions(out, model);
  write_variables(out, model);
  write_traffic(out, model.traffic);
  SourceList sources(out, catalog.as_of());
  for (const std::string& pointer : document.numbers()) sources.add(document.why(pointer));
  write_not_assessed(out, results);
  write_notes(out, *engine, results);
  return document;
}

}  // namespace gpusize
