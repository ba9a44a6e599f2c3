// A levers document's `inputs` back to the request that made them.

#include <fmt/format.h>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/fleet/levers_document.hpp"

namespace gpusize {
namespace {

std::optional<double> real(MapReader& reader, std::string_view key, Bounds bounds) {
  const Node node = reader.node(key);
  if (!node || node.is_null()) return {};
  return reader.number(key, bounds);
}

std::optional<std::int64_t> whole(MapReader& reader, std::string_view key, Bounds bounds) {
  const Node node = reader.node(key);
  if (!node || node.is_null()) return {};
  return reader.integer(key, bounds);
}

}  // namespace

Result<LeversRequest> read_levers_request(Node inputs) {
  Diagnostics problems;
  MapReader reader(inputs, "inputs of levers", "lev", problems);
  LeversRequest r;
  r.model = reader.required_text("model");
  r.overrides = reader.texts("set");
  r.gpu = reader.required_text("gpu");
  const auto degree = [&](std::string_view key) {
    return whole(reader, key, {1.0, 4096.0}).value_or(1);
  };
  r.layout = {degree("tp"), degree("pp"), degree("ep"), degree("dp")};
  r.weights = reader.text("weights").value_or(r.weights);
  r.kv = reader.text("kv").value_or(r.kv);
  r.engine = reader.text("engine").value_or(r.engine);
  r.workload = reader.required_text("workload");
  r.input_tokens = reader.required_number("input_tokens", {1.0, 1e8});
  r.output_tokens = reader.required_number("output_tokens", {1.0, 1e8});
  r.batch = whole(reader, "batch", {1.0, 1e6});
  r.max_batched_tokens = whole(reader, "max_batched_tokens", {1.0, 1e8});
  r.cache_hit_share = real(reader, "cache_hit_share", {0.0, 1.0});
  r.acceptance = real(reader, "acceptance", {0.0, 1.0});
  r.draft_tokens = whole(reader, "draft_tokens", {1.0, 32.0}).value_or(r.draft_tokens);
  r.draft_model = reader.text("draft_model").value_or("");
  r.draft_acceptance = real(reader, "draft_acceptance", {0.0, 1.0});
  r.ttft_ms = real(reader, "ttft_ms", {1e-3, 1e9});
  r.tpot_ms = real(reader, "tpot_ms", {1e-3, 1e9});
  const std::string goal = reader.required_text("rank_by");
  const std::string basis = reader.required_text("price_basis");
  if (const auto known = lever_goal_from(goal)) {
    r.goal = *known;
  } else if (problems.empty()) {
    reader.error("rank-by", fmt::format("unknown ranking \"{}\"", printable(goal)), inputs);
  }
  if (const auto known = price_basis_from(basis)) {
    r.basis = *known;
  } else if (problems.empty()) {
    reader.error("price-basis", fmt::format("unknown price basis \"{}\"", printable(basis)),
                 inputs);
  }
  r.tier = reader.text("price_tier").value_or("");
  r.region = reader.required_text("region");
  r.years = reader.required_number("years", {0.01, 30.0});
  if (has_errors(problems)) return problems;
  return r;
}

}  // namespace gpusize
