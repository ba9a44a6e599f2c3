// A tco document's `inputs` back to the request that made them.

#include "gpusize/core/map_reader.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/plan/tco_document.hpp"

namespace gpusize {
namespace {

std::vector<std::pair<std::string, double>> read_pairs(Node list, Diagnostics& problems) {
  std::vector<std::pair<std::string, double>> out;
  if (!list || !list.is_sequence()) return out;
  for (const Node node : list) {
    MapReader reader(node, "assumption", "tco", problems);
    std::string id = reader.required_text("id");
    const double value = reader.required_number("value", {-1e15, 1e15});
    out.emplace_back(std::move(id), value);
  }
  return out;
}

}  // namespace

Result<TcoRequest> read_tco_request(Node inputs) {
  Diagnostics problems;
  MapReader reader(inputs, "inputs of a tco result", "tco", problems);
  TcoRequest r;
  const Node plan = reader.node("plan");  // null: the assumptions alone say what is priced
  if (plan && !plan.is_null()) {
    const auto request = read_plan_request(plan);
    if (!request.ok()) return request.errors();
    r.plan = *request;
  }
  r.option = reader.required_integer("option", {1.0, 1e5});
  r.config_file = reader.text("config_file").value_or("");
  r.config_text = reader.text("config_text").value_or("");
  r.scenarios = reader.texts("scenarios");
  r.years = reader.number("years", {1.0 / 12.0, 30.0});
  r.region = reader.text("region").value_or("USA");
  r.tier = reader.text("price_tier").value_or("");
  r.api_product = reader.text("api_product").value_or("");
  r.assume = read_pairs(reader.node("assume"), problems);
  r.per_usd = read_pairs(reader.node("fx_rates"), problems);
  r.currency = reader.text("currency").value_or("USD");
  r.benefit_usd_per_year = reader.number("benefit_usd_per_year", {0.0, 1e15});
  r.start = reader.text("start").value_or("");
  r.draws = reader.required_integer("draws", {0.0, 1e8});
  r.seed = reader.required_integer("seed", {0.0, 1e15});
  if (has_errors(problems)) return problems;
  return r;
}

}  // namespace gpusize
