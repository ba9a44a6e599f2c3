#include <fmt/format.h>

#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/plan/why.hpp"
#include "plan/shape_book.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

Why residual(ShapeBook& book) {
  return derive(formulas::kResidual, "residual elements per token",
                {{"streams", book.symbol("streams", 0)}, {"hidden", book.symbol("hidden", 0)}});
}

/// The widest moment by its own formula.
Why widest(const Deployment& d, ShapeBook& book) {
  const WidestMoment moment = widest_moment(d);
  const auto with = [&](std::initializer_list<std::string_view> names) {
    WhyInputs inputs;
    for (const std::string_view name : names)
      inputs.emplace_back(std::string(name), book.symbol(name, moment.kind));
    return inputs;
  };
  switch (moment.what) {
    case WidestMoment::What::kAttention:
      return derive(formulas::kWidestAttention, "widest moment: attention",
                    with({"heads", "kv_heads", "head_dim", "v_head_dim", "tp"}));
    case WidestMoment::What::kFfn:
      return derive(formulas::kWidestFfn, "widest moment: feed-forward",
                    with({"matrices_in", "intermediate", "shared_intermediate", "tp"}));
    case WidestMoment::What::kExperts: break;
  }
  return derive(
      formulas::kWidestExperts, "widest moment: experts",
      with({"top_k_experts", "dp", "ep", "hidden", "matrices_in", "expert_intermediate", "tp"}));
}

Why activations(const Deployment& d, double value, const Why& tokens, const Why& logit_rows,
                ShapeBook& book) {
  return why_formula(formulas::kActivations, "activations", value,
                     {{"tokens", tokens},
                      {"residual", residual(book)},
                      {"widest", widest(d, book)},
                      {"logit_rows", logit_rows},
                      {"vocab", book.symbol("vocab", 0)},
                      {"logit_entry", engine_why(*d.engine, "logit_entry_bytes",
                                                 d.engine->logit_entry.in(units::B), "B")},
                      {"hidden", book.symbol("hidden", 0)}});
}

Why runtime(const Deployment& d, const MemoryPerGpu& m) {
  const EngineProfile& e = *d.engine;
  WhyInputs parts{{"context", engine_why(e, "context_gib", m.context.in(units::B), "B")},
                  {"graphs", engine_why(e, "graph_gib", m.graphs.in(units::B), "B")}};
  if (d.layout.gpus() > 1) {
    parts.emplace_back("communication",
                       engine_why(e, "communication_gib", e.communication_bytes.in(units::B), "B"));
    if (const double peers = further_peers(d); peers > 0.0 && e.communication_per_peer > Bytes{}) {
      parts.emplace_back(
          "peers", derive(formulas::kPeerBuffers, "communication with further peers",
                          {{"peers", why_count("peers", peers, "of the node after the first")},
                           {"per_peer", engine_why(e, "communication_per_peer_gib",
                                                   e.communication_per_peer.in(units::B), "B")}}));
    }
  }
  return why_sum("runtime", m.runtime.in(units::B), "B", std::move(parts));
}

Why sglang_fraction(const Deployment& d) {
  const SglangReserve r = sglang_reserve(d);
  const Why total = derive({"unit.to_mib", "bytes / 1048576", "MiB", formulas::kDefinition},
                           "memory", {{"bytes", gpu_memory_why(*d.gpu)}});
  const Why reserved = derive(
      formulas::kSglangReserve, "kept for activations and graphs",
      {{"chunk", why_count("chunk", r.chunk_tokens, "prefill chunk, at least 2048 tokens")},
       {"graph_batch", why_count("graph_batch", r.graph_batch,
                                 "largest batch with a captured graph, by card memory")},
       {"gpus", why_count("gpus", r.gpus, "tp x pp x dp")},
       {"dp_graph_batch",
        why_count("dp_graph_batch", r.dp_graph_batch, "graph batch times attention-DP ranks")},
       {"least", why_count("least", r.floor_mib, "least on cards above 60 GB")}});
  return derive(formulas::kSglangFraction, "memory fraction",
                {{"total", total}, {"reserved", reserved}});
}

Why fraction(const Deployment& d, const MemoryPerGpu& m) {
  if (d.memory_fraction)
    return why_input("memory fraction", *d.memory_fraction, "", "--memory-fraction");
  if (d.engine->memory_rule == MemoryRule::kStaticFraction) return sglang_fraction(d);
  return engine_why(*d.engine, "memory_fraction", m.fraction, "ratio");
}

const Formula& room_formula(MemoryRule rule) {
  switch (rule) {
    case MemoryRule::kAll: break;
    case MemoryRule::kFractionOfTotal: return formulas::kRoomOfTotal;
    case MemoryRule::kFractionOfFree: return formulas::kRoomOfFree;
    case MemoryRule::kStaticFraction: return formulas::kRoomStatic;
  }
  return formulas::kRoomAll;
}

}  // namespace

MemoryWhys why_memory(const Deployment& d, const MemoryPerGpu& m, const Why& kv_cache,
                      const Why& tokens, const Why& logit_rows, const Chosen& chosen) {
  ShapeBook book(d, StepShape{}, chosen);
  MemoryWhys out;
  out.capacity = gpu_memory_why(*d.gpu);
  out.weights = why_weights(d, {}, chosen);
  out.activations = activations(d, m.activations.in(units::B), tokens, logit_rows, book);
  out.runtime = runtime(d, m);
  out.kv_cache = kv_cache;
  const WhyInputs taken{
      {"weights", out.weights}, {"activations", out.activations}, {"runtime", out.runtime}};
  WhyInputs room = taken;
  room.emplace_back("capacity", out.capacity);
  const MemoryRule rule = d.engine->memory_rule;
  if (rule != MemoryRule::kAll) room.emplace_back("fraction", fraction(d, m));
  out.kv_room =
      why_formula(room_formula(rule), "room for KV cache", m.kv_room.in(units::B), std::move(room));
  if (rule == MemoryRule::kFractionOfTotal) {
    out.usable = why_formula(formulas::kUsableOfTotal, "usable memory", m.usable.in(units::B),
                             {{"fraction", fraction(d, m)}, {"capacity", out.capacity}});
  } else {
    WhyInputs usable = taken;
    usable.emplace_back("kv_room", out.kv_room);
    out.usable = why_formula(formulas::kUsableSum, "usable memory", m.usable.in(units::B),
                             std::move(usable));
  }
  WhyInputs all = taken;
  all.emplace_back("kv_cache", out.kv_cache);
  all.emplace_back("capacity", out.capacity);
  out.free = why_formula(formulas::kFree, "free", m.free.in(units::B), std::move(all));
  return out;
}

Why why_engine_tokens(const Deployment& d) {
  const double value = static_cast<double>(batched_token_limit(d));
  if (d.max_batched_tokens)
    return why_input("tokens of one step", value, "tokens", "--max-batched-tokens");
  const bool large = batched_token_limit(d) == d.engine->max_batched_tokens_large;
  return engine_why(*d.engine, large ? "max_batched_tokens_large" : "max_batched_tokens_small",
                    value, "tokens");
}

Why why_engine_rows(const Deployment& d) {
  const double value = static_cast<double>(sequence_limit(d));
  if (d.max_sequences) return why_input("sequences at once", value, "sequences", "--max-sequences");
  const bool large = sequence_limit(d) == d.engine->max_sequences_large;
  return engine_why(*d.engine, large ? "max_sequences_large" : "max_sequences_small", value,
                    "sequences");
}

}  // namespace gpusize
