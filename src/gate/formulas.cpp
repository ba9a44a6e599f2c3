#include "gate/formulas.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/ops/kv_cache.hpp"

namespace gpusize {
namespace {

const Formula kPoolTokens{"gate.pool_tokens", "floor(kv_room / bytes_per_token) * dp", "tokens",
                          "tokens that the KV pool holds, over all attention-DP ranks"};

double dbl(std::int64_t v) { return static_cast<double>(v); }

Why stated(const DeployedWorkload& said, const std::string& label,
           const Stated<std::int64_t>& value, std::int64_t otherwise) {
  return why_input(label, dbl(value ? value->value : otherwise), "",
                   value ? where_of(said, value->place) : "engine default");
}

}  // namespace

std::string where_of(const DeployedWorkload& said, Place place) {
  return fmt::format("{}:{}:{}", said.file, place.line, place.column);
}

void fill_memory(ReplicaMemory& m, const DeployedWorkload& said) {
  const Deployment& d = m.replica;
  Chosen chosen;
  chosen.tp = stated(said, "tp", said.args.tp, d.layout.tp);
  chosen.pp = stated(said, "pp", said.args.pp, d.layout.pp);
  chosen.dp = stated(said, "dp", said.args.dp, d.layout.dp);
  chosen.ep = why_input("ep", dbl(d.layout.ep), "", "engine arguments");
  m.max_tokens = said.args.max_model_len ? said.args.max_model_len->value : d.model->max_context;
  const bool shared_len =
      said.engine == "llama-cpp" && said.args.max_num_seqs && said.args.max_num_seqs->value > 0;
  if (shared_len)
    m.max_tokens = std::max<std::int64_t>(1, m.max_tokens / said.args.max_num_seqs->value);
  m.one_request = kv_bytes_per_sequence(*d.model, d.layout, d.kv, m.max_tokens,
                                        d.engine->kv_block_tokens, d.load_mtp);
  const Why tokens =
      why_input("tokens of the longest request", dbl(m.max_tokens), "tokens",
                said.args.max_model_len ? where_of(said, said.args.max_model_len->place)
                                        : "the model's context");
  m.one_request_why = why_kv_per_sequence(d, tokens, chosen);
  const ActivationPeak peak = engine_peak(d);
  m.memory = memory_per_gpu(d, peak, m.one_request);
  m.why =
      why_memory(d, m.memory, m.one_request_why, why_engine_tokens(d), why_engine_rows(d), chosen);
  const std::int64_t per_rank = kv_tokens_that_fit(d, m.memory.kv_room);
  m.pool_tokens = per_rank * d.layout.dp;
  const Why per_token = why_kv_per_token_per_gpu(d, chosen);
  m.pool_tokens_why =
      per_token->value > 0.0
          ? why_formula(
                kPoolTokens, "tokens that the KV pool holds", dbl(m.pool_tokens),
                {{"kv_room", m.why.kv_room}, {"bytes_per_token", per_token}, {"dp", chosen.dp}})
          : why_count("tokens that the KV pool holds", 0.0, "nothing grows with context");
  m.requests_of_max = m.one_request > Bytes{} ? m.memory.kv_room / m.one_request : 0.0;
}

}  // namespace gpusize
