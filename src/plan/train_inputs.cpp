// A training document's `inputs` back to the request that made them.

#include <fmt/format.h>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/plan/train_document.hpp"

namespace gpusize {
namespace {

std::optional<std::int64_t> whole(MapReader& reader, std::string_view key) {
  const Node node = reader.node(key);
  if (!node || node.is_null()) return {};
  return reader.integer(key);
}

std::optional<double> real(MapReader& reader, std::string_view key) {
  const Node node = reader.node(key);
  if (!node || node.is_null()) return {};
  return reader.number(key);
}

PostRequest read_post(MapReader& reader) {
  PostRequest p;
  p.objective = reader.text("objective").value_or("");
  if (!p.asked()) return p;
  p.prompt_tokens = real(reader, "prompt_tokens").value_or(0.0);
  p.response_tokens = real(reader, "response_tokens").value_or(0.0);
  p.longest_response = real(reader, "longest_response").value_or(0.0);
  p.group = whole(reader, "group_size").value_or(p.group);
  p.round_sequences = real(reader, "round_sequences").value_or(0.0);
  p.epochs = whole(reader, "round_epochs").value_or(p.epochs);
  p.no_reference = reader.boolean("no_reference").value_or(false);
  p.offload = reader.boolean("offload_frozen").value_or(false);
  p.reward_model = reader.text("reward_model").value_or("");
  p.critic_model = reader.text("critic_model").value_or("");
  p.engine = reader.text("rollout_engine").value_or(p.engine);
  p.weights = reader.text("rollout_weights").value_or("");
  p.rate = real(reader, "rollout_rate").value_or(0.0);
  return p;
}

}  // namespace

Result<TrainRequest> read_train_request(Node inputs) {
  Diagnostics problems;
  MapReader reader(inputs, "inputs of a training plan", "train", problems);
  TrainRequest r;
  r.from = reader.texts("from");
  // Files may describe the model themselves.
  r.model = r.from.empty() ? reader.required_text("model") : reader.text("model").value_or("");
  r.overrides = reader.texts("set");
  r.gpus = reader.texts("gpu");
  for (const std::string& text : reader.texts("gpus")) {
    if (const auto number = parse_integer(text)) r.counts.push_back(*number);
  }
  r.max_gpus = whole(reader, "max_gpus").value_or(r.max_gpus);
  r.tokens = real(reader, "tokens").value_or(0.0);
  r.sequence = real(reader, "sequence").value_or(r.sequence);
  r.global_batch = real(reader, "global_batch").value_or(0.0);
  r.method = reader.text("method").value_or(r.method);
  r.precision = reader.text("precision").value_or("");
  r.optimizer = reader.text("optimizer").value_or(r.optimizer);
  r.moments = reader.text("moments").value_or("");
  r.activation_cache = reader.text("activation_cache").value_or("");
  r.recompute = reader.text("recompute").value_or("");
  r.recompute_parts = reader.texts("recompute_parts");
  r.framework = reader.text("framework").value_or(r.framework);
  r.attention = reader.text("attention").value_or(r.attention);
  r.schedule = reader.text("schedule").value_or("");
  r.lora_rank = whole(reader, "lora_rank").value_or(r.lora_rank);
  r.lora_experts = reader.boolean("lora_experts").value_or(false);
  r.mtp = reader.boolean("mtp").value_or(false);
  r.offload = reader.boolean("offload").value_or(false);
  r.dataset = real(reader, "dataset_size").value_or(0.0);
  r.epochs = real(reader, "epochs").value_or(r.epochs);
  r.post = read_post(reader);
  r.tp = whole(reader, "tp");
  r.pp = whole(reader, "pp");
  r.cp = whole(reader, "cp");
  r.ep = whole(reader, "ep");
  r.etp = whole(reader, "etp");
  r.dp = whole(reader, "dp");
  r.interleave = whole(reader, "interleave");
  r.micro_batch = whole(reader, "micro_batch");
  r.zero = whole(reader, "zero");
  r.accumulation = whole(reader, "accumulation");
  r.shard_group = whole(reader, "shard_group");
  if (const Node split = reader.node("sequence_parallel"); split && !split.is_null())
    r.sequence_parallel = reader.boolean("sequence_parallel");
  r.deadline_days = real(reader, "deadline_days");
  r.budget_usd = real(reader, "budget_usd");
  r.rank_by = reader.text("rank_by").value_or(r.rank_by);
  const std::string basis = reader.text("price_basis").value_or("on-demand");
  if (const auto known = price_basis_from(basis)) {
    r.basis = *known;
  } else {
    reader.error("price-basis", fmt::format("unknown price basis \"{}\"", printable(basis)),
                 inputs);
  }
  r.tier = reader.text("price_tier").value_or("");
  r.region = reader.text("region").value_or(r.region);
  r.top = whole(reader, "top").value_or(r.top);
  r.all_layouts = reader.boolean("all_layouts").value_or(false);
  r.one_point = reader.boolean("one_point").value_or(false);
  if (has_errors(problems)) return problems;
  return r;
}

}  // namespace gpusize
