// A plan document's `inputs` back to the request that made them.

#include <fmt/format.h>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "plan/percentiles.hpp"

namespace gpusize {
namespace {

std::optional<Seconds> target(MapReader& reader, std::string_view key) {
  const auto ms = reader.number(key, {1e-3, 1e9});
  if (!ms) return {};
  return *ms * units::ms;
}

/// A list that is empty in the document keeps the request's default.
void read_list(MapReader& reader, std::string_view key, std::vector<std::string>& into) {
  if (auto values = reader.texts(key); !values.empty()) into = std::move(values);
}

void read_words(MapReader& reader, PlanRequest& r) {
  const std::string basis = reader.required_text("price_basis");
  const std::string rank = reader.required_text("rank_by");
  if (const auto known = price_basis_from(basis)) {
    r.basis = *known;
  } else {
    reader.error("price-basis", fmt::format("unknown price basis \"{}\"", basis),
                 reader.node("price_basis"));
  }
  if (const auto known = rank_by_from(rank)) {
    r.rank_by = *known;
  } else {
    reader.error("rank-by", fmt::format("unknown ranking \"{}\"", rank), reader.node("rank_by"));
  }
}

}  // namespace

Result<PlanRequest> read_plan_request(Node inputs) {
  Diagnostics problems;
  MapReader reader(inputs, "inputs of a plan", "plan", problems);
  PlanRequest r;
  r.model = reader.required_text("model");
  r.overrides = reader.texts("set");
  r.qps = reader.required_number("qps", {1e-6, 1e7});
  r.workload = reader.required_text("workload");
  r.trace = reader.text("trace").value_or("");
  r.trace_format = reader.text("trace_format").value_or("");
  r.input_tokens = reader.required_number("input_tokens", {1.0, 1e8});
  r.output_tokens = reader.required_number("output_tokens", {1.0, 1e8});
  r.targets = {target(reader, "ttft_ms"), target(reader, "tpot_ms"), target(reader, "e2e_ms")};
  r.percentiles = read_percentile_targets(reader);
  r.gpus = reader.texts("gpus");
  r.vendors = reader.texts("vendors");
  r.slices = reader.texts("slices");
  r.max_gpus = reader.required_integer("max_gpus", {0.0, 1e7});
  read_list(reader, "weights", r.weights);
  read_list(reader, "kv", r.kv);
  read_list(reader, "engines", r.engines);
  r.tier = reader.text("price_tier").value_or("");
  r.region = reader.required_text("region");
  r.years = reader.required_number("years", {0.01, 30.0});
  r.headroom = reader.required_number("headroom", {0.0, 10.0});
  r.spare_nodes = reader.required_integer("spare_nodes", {0.0, 1e5});
  r.top = reader.required_integer("top", {1.0, 1e5});
  r.two_batch_overlap = reader.boolean("two_batch_overlap").value_or(false);
  r.all_layouts = reader.boolean("all_layouts").value_or(false);
  r.allow_unverified = reader.boolean("allow_unverified").value_or(false);
  read_words(reader, r);
  if (has_errors(problems)) return problems;
  return r;
}

}  // namespace gpusize
