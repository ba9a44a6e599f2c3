// A plan's option and a user's file to a cost model that can run.

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/plan/tco_document.hpp"
#include "gpusize/spec/read_document.hpp"
#include "gpusize/tco/analysis.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr Formula kReplicaGpus{"plan.gpus_per_replica", "tp * pp * dp", "GPUs",
                               "definition of the degrees"};
constexpr Formula kSeconds{"tco.seconds", "ms / 1000", "s", "unit"};

double number_at(const ResultDocument& plan, const std::string& pointer) {
  return plan.json().at(Json::json_pointer(pointer)).get<double>();
}

/// The numbers of one option, each with the plan's own reason.
TcoFleet fleet_of(const Catalog& catalog, const ResultDocument& plan, std::int64_t option) {
  const std::string at = fmt::format("/options/{}", option - 1);
  TcoFleet fleet;
  const auto gpu =
      catalog.find_gpu(plan.json().at(Json::json_pointer(at + "/gpu")).get<std::string>());
  if (gpu.ok()) fleet.gpu = gpu->entry;
  fleet.model = plan.json().at("model").get<std::string>();
  const auto take = [&](const std::string& name, const std::string& pointer) {
    fleet.values[name].why = plan.why(pointer);
  };
  for (const char* name : {"qps", "input_tokens", "output_tokens", "headroom"})
    take(name, fmt::format("/inputs/{}", name));
  take("spare_gpus", at + "/spare_gpus");
  take("replica_capacity", at + "/replica_capacity_req_per_s");
  const std::string e2e = at + "/latency/e2e_ms";
  fleet.values["e2e_s"].why =
      why_formula(kSeconds, "e2e_s", number_at(plan, e2e + "/mean") / 1000.0,
                  {{"ms", plan.why(e2e + "/mean")}});
  // Throughput is as uncertain as the step times behind it.
  TcoFleet::Value& capacity = fleet.values["replica_capacity"];
  capacity.low =
      capacity.why->value * number_at(plan, e2e + "/mean") / number_at(plan, e2e + "/high");
  capacity.high =
      capacity.why->value * number_at(plan, e2e + "/mean") / number_at(plan, e2e + "/low");
  const Why tp = plan.why(at + "/layout/tp");
  const Why pp = plan.why(at + "/layout/pp");
  const Why dp = plan.why(at + "/layout/dp");
  fleet.values["replica_gpus"].why =
      why_formula(kReplicaGpus, "replica_gpus", tp->value * pp->value * dp->value,
                  {{"tp", tp}, {"pp", pp}, {"dp", dp}});
  const double node = fleet.gpu != nullptr ? static_cast<double>(fleet.gpu->node_gpus) : 1.0;
  fleet.values["node_gpus"].why = why_count("node_gpus", node, "cards in one server");
  return fleet;
}

void add_benefit(TcoModel& model, double usd_per_year) {
  TcoAssumption amount;
  amount.id = "benefit_usd_per_year";
  amount.name = "Business benefit";
  amount.unit = "USD/year";
  amount.why = why_input(amount.id, usd_per_year, amount.unit, "--benefit-usd-per-year");
  model.assumptions.push_back(std::move(amount));
  TcoLine line;
  line.id = "benefit";
  line.name = "Business benefit";
  line.unit = "year";
  line.kind = "benefit";
  line.quantity = "year_share";
  line.price = "benefit_usd_per_year";
  model.benefits.push_back(std::move(line));
}

/// Sources of the user's file that lie in the future.
Diagnostics check_dates(const TcoModel& model, const std::string& today) {
  Diagnostics out;
  if (today.empty()) return out;
  for (const TcoAssumption& a : model.assumptions) {
    if (a.why == nullptr || a.why->source.as_of <= today) continue;
    out.push_back(make_error(
        "tco-date",
        fmt::format("the source of \"{}\" is dated {}, in the future", a.id, a.why->source.as_of),
        a.where));
  }
  return out;
}

Result<TcoModel> load_model_text(const Catalog& catalog, const TcoRequest& request) {
  TcoModel own;
  own.period.years = 0.0;
  if (!request.config_text.empty()) {
    const auto document = read_yaml(request.config_file, request.config_text);
    if (!document.ok()) return document.errors();
    auto read = read_tco_model(*document);
    if (!read.ok()) return read.errors();
    own = std::move(read).value();
    if (const Diagnostics problems = check_dates(own, request.today); has_errors(problems))
      return problems;
  }
  if (own.standalone) return own;
  auto shipped = shipped_tco_model(catalog);
  if (!shipped.ok()) return shipped.errors();
  return lay_over(std::move(shipped).value(), own);
}

/// How many replicas the hybrid fleet owns, when the user did not say: every split is tried.
Diagnostics choose_base(TcoSetup& setup) {
  TcoAssumption* base = setup.model.assumption("base_replicas");
  const bool asked =
      std::find(setup.scenarios.begin(), setup.scenarios.end(), "hybrid") != setup.scenarios.end();
  if (base == nullptr || base->from != "search.base" || !asked) return {};
  const auto engine = TcoEngine::make(setup.model, {"hybrid"});
  if (!engine.ok()) return engine.errors();
  if (!engine->scenarios().front().missing.empty()) return {};
  const auto slot = engine->slot_of("replicas");
  double most = 0.0;
  engine->run(engine->base_values(), 1,
              [&](std::size_t, std::size_t, std::span<const double> table) {
                if (slot) most = std::max(most, table[*slot]);
              });
  constexpr double kLimit = 100'000.0;
  const std::int64_t best =
      cheapest_base(*engine, 0, static_cast<std::int64_t>(std::min(most, kLimit)));
  base->why =
      why_search("base_replicas", static_cast<double>(best), "replicas",
                 fmt::format("the split that costs least of all from 0 to {} owned replicas",
                             std::min(most, kLimit)),
                 {});
  return {};
}

}  // namespace

Result<TcoSetup> set_up_tco(const Catalog& catalog, const TcoRequest& request,
                            const ResultDocument* plan) {
  TcoSetup setup;
  auto model = load_model_text(catalog, request);
  if (!model.ok()) return model.errors();
  setup.model = std::move(model).value();
  if (request.years) setup.model.period.years = *request.years;
  if (setup.model.period.years <= 0.0) setup.model.period.years = 3.0;
  if (request.benefit_usd_per_year) add_benefit(setup.model, *request.benefit_usd_per_year);
  if (plan != nullptr) {
    const std::size_t count = plan->json().at("options").size();
    if (request.option < 1 || static_cast<std::size_t>(request.option) > count) {
      return make_error(
          "tco-option", fmt::format("the plan has {} options, not {}", count, request.option), {},
          count == 0 ? "the plan is infeasible: nothing to price" : "--option counts from 1");
    }
    setup.fleet = fleet_of(catalog, *plan, request.option);
  } else if (!setup.model.standalone) {
    return make_error("tco-fleet", "nothing to price: no plan, no --model", {},
                      "give --model and --qps, a PLAN.json, or --config with a standalone model");
  }
  TcoChoice choice;
  choice.region = request.region;
  choice.tier = request.tier;
  choice.api_product = request.api_product;
  choice.set = request.assume;
  choice.per_usd = {request.per_usd.begin(), request.per_usd.end()};
  const Diagnostics problems = resolve_tco(setup.model, catalog, setup.fleet, choice);
  if (has_errors(problems)) return problems;
  setup.scenarios = request.scenarios;
  if (setup.scenarios.empty()) {
    for (const TcoScenario& s : setup.model.scenarios) setup.scenarios.push_back(s.id);
  }
  if (const Diagnostics faults = choose_base(setup); has_errors(faults)) return faults;
  return setup;
}

}  // namespace gpusize
