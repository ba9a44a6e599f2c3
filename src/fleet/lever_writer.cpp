#include "fleet/lever_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"
#include "gpusize/tco/why_cost.hpp"

namespace gpusize {
namespace {

constexpr std::array<Formula, 24> kFormulas{{
    {"levers.memory", "weights + kv_cache + activations + runtime", "B", "what the replica takes"},
    {"levers.kv_pool", "ceil(batch / dp) * kv_per_sequence", "B", "full-length requests"},
    {"levers.cached", "share * input_tokens", "tokens", "prompt tokens in the prefix cache"},
    {"levers.output_rate", "requests_per_s * output_tokens", "tokens/s", "definition"},
    {"levers.usd_per_hour", "gpus * per_gpu / (years * 8765.82)", "USD/h", "mean Gregorian year"},
    {"levers.usd_per_million", "usd_per_hour / (output_rate * 3600) * 1000000", "USD/Mtoken",
     "a replica that is busy all the time"},
    {"levers.delta_pct", "(value / base - 1) * 100", "%", "definition"},
    {"levers.speculated_step", "checked_ms / 1000 + drafted * draft_ms / 1000", "s",
     "one check of all drafts, one pass of the module per draft"},
    {"levers.speculated_tpot", "step / tokens + plain_tpot_ms / 1000 - plain_step_ms / 1000", "s",
     "prompts cost a request the same, whichever steps they share"},
    {"levers.speculated_ttft",
     "plain_ttft_ms / 1000 + 0.5 * (tokens * tpot - plain_tpot_ms / 1000) + chunks * (step - "
     "plain_step_ms / 1000)",
     "s", "the steps that a prompt waits for and shares are longer"},
    {"levers.drafting_memory", "memory + draft_weights + draft_kv_cache", "B",
     "a draft model holds weights and a cache of its own"},
    {"levers.prompt_factor", "1 + draft_prompt_ms / prefill_step_ms", "",
     "a draft model reads each prompt too"},
    {"levers.drafted_tpot",
     "step / tokens + prompt_factor * (plain_tpot_ms / 1000 - plain_step_ms / 1000)", "s",
     "prompts cost a request the same, whichever steps they share"},
    {"levers.drafted_ttft",
     "plain_ttft_ms / 1000 + 0.5 * (tokens * tpot - plain_tpot_ms / 1000) + chunks * (step - "
     "plain_step_ms / 1000) + draft_prompt_ms / 1000",
     "s", "the steps that a prompt waits for and shares are longer, and the draft model reads it"},
    {"levers.e2e", "ttft + (output_tokens - 1) * tpot", "s", "definition of TTFT and TPOT"},
    {"levers.rate", "batch / e2e", "1/s", "Little, Operations Research 9(3), 1961"},
    {"levers.split_tpot", "decode_ms / 1000 + transfer / (output_tokens - 1)", "s",
     "no prompt shares the step; the cache moves once, after the first token"},
    {"levers.decoded", "batch / ((output_tokens - 1) * decode_ms / 1000)", "1/s",
     "requests that one decode replica completes: Little's law"},
    {"levers.prefill_replicas", "decoded * prefill_ms / 1000 / dp", "replicas",
     "prompts of those requests, each rank of a replica one at a time"},
    {"levers.split_rate", "decoded / (1 + prefill_replicas)", "1/s",
     "of as many GPUs as one replica has, in both pools"},
    {"levers.ms", "seconds * 1000", "ms", "definition"},
    {"levers.train_rate", "gpus * per_gpu", "tokens/s", "all GPUs together"},
    {"levers.train_cost", "gpus * usd_per_gpu / (years * 8765.82) / (rate * 3600) * 1000000",
     "USD/Mtoken", "the price of docs/tco.md over what the run trains"},
    {"levers.accepted", "(1 - acceptance ^ (drafted + 1)) / (1 - acceptance)", "tokens",
     "Leviathan et al., arXiv:2211.17192, equation 1"},
}};

double dbl(std::int64_t value) { return static_cast<double>(value); }

/// One estimate down to facts.
class PointWhy {
 public:
  PointWhy(const LeverPoint& point, const LeverInputs& inputs)
      : p_(point), in_(inputs), estimator_(point.deployment) {
    batch_ = p_.spec.fill_batch
                 ? why_search("batch", p_.batch, "requests",
                              "most requests in flight under memory, engine and targets", {})
                 : why_input("batch", p_.batch, "requests", "--batch");
    if (p_.spec.cached_share > 0.0)
      cached_ = why_formula(lever_formula("levers.cached"), "cached prompt tokens",
                            p_.request.cached_tokens,
                            {{"share", in_.cache_hit_share}, {"input_tokens", in_.input_tokens}});
    chosen_.tp = degree("tp", p_.deployment.layout.tp);
    chosen_.pp = degree("pp", p_.deployment.layout.pp);
    chosen_.ep = degree("ep", p_.deployment.layout.ep);
    chosen_.dp = degree("dp", p_.deployment.layout.dp);
  }

  LeverFigures run() {
    LeverFigures out;
    out.memory_bytes = memory();
    const ServingWhys plain = why_serving(estimator_, p_.request, p_.plain, in_.input_tokens,
                                          in_.output_tokens, batch_, cached_);
    out.ttft_ms = plain.ttft_ms;
    out.tpot_ms = plain.tpot_ms;
    Why rate = plain.requests_per_s;
    if (p_.drafted) rate = speculate(plain, out);
    if (p_.split) rate = split(plain, out);
    out.output_tokens_per_s = why_formula(
        lever_formula("levers.output_rate"), "output tokens per second", p_.output_tokens_per_s,
        {{"requests_per_s", rate}, {"output_tokens", in_.output_tokens}});
    cost(out);
    return out;
  }

 private:
  static Why degree(std::string_view name, std::int64_t value) {
    return why_input(std::string(name), dbl(value), "", fmt::format("--{}, or the lever", name));
  }

  Why memory() const {
    const Deployment& d = p_.deployment;
    const MemoryPerGpu& m = p_.memory;
    const double tokens = std::ceil(p_.request.input_tokens + p_.request.output_tokens);
    const Why length =
        why_search("tokens", tokens, "tokens", "a whole request: prompt and answer, rounded up",
                   {{"input_tokens", in_.input_tokens}, {"output_tokens", in_.output_tokens}});
    const Why pool =
        why_formula(lever_formula("levers.kv_pool"), "KV cache", m.kv_cache.in(units::B),
                    {{"batch", batch_},
                     {"dp", chosen_.dp},
                     {"kv_per_sequence", why_kv_per_sequence(d, length, chosen_)}});
    const MemoryWhys why =
        why_memory(d, m, pool, why_engine_tokens(d), why_engine_rows(d), chosen_);
    const Bytes alone = m.weights + m.kv_cache + m.activations + m.runtime;
    const Why own =
        why_formula(lever_formula("levers.memory"), "memory taken per GPU", alone.in(units::B),
                    {{"weights", why.weights},
                     {"kv_cache", why.kv_cache},
                     {"activations", why.activations},
                     {"runtime", why.runtime}});
    return drafting() ? drafting_memory(own, length) : own;
  }

  [[nodiscard]] bool drafting() const { return p_.drafted && p_.drafted->own_model; }

  Why drafting_memory(const Why& own, const Why& length) const {
    const DraftedStep& s = *p_.drafted;
    const Why cache = why_formula(
        lever_formula("levers.kv_pool"), "KV cache of the draft model", s.kv_cache.in(units::B),
        {{"batch", batch_},
         {"dp", chosen_.dp},
         {"kv_per_sequence", why_kv_per_sequence(s.draft, length, chosen_)}});
    return why_formula(lever_formula("levers.drafting_memory"), "memory taken per GPU",
                       p_.memory_used.in(units::B),
                       {{"memory", own},
                        {"draft_weights", why_weights(s.draft, {}, chosen_)},
                        {"draft_kv_cache", cache}});
  }

  /// Latencies with prompts on replicas of their own; gives the rate.
  Why split(const ServingWhys& plain, LeverFigures& out) {
    const SplitPools& s = *p_.split;
    const ServingWhys alone = why_serving(
        estimator_, p_.request, s.alone, in_.input_tokens, in_.output_tokens,
        why_count("requests", 1.0, "a prompt on a replica that decodes nothing"), cached_);
    out.ttft_ms = alone.ttft_ms;
    const Why transfer = why_search(
        "transfer", s.transfer.in(units::s), "s",
        "the prompt's cache over the network share of each GPU (the host link where none is "
        "stated), after a handshake of 1 ms",
        {{"input_tokens", in_.input_tokens}});
    const Why tpot = why_formula(lever_formula("levers.split_tpot"), "time per output token",
                                 p_.tpot.in(units::s),
                                 {{"decode_ms", plain.decode_step_ms},
                                  {"transfer", transfer},
                                  {"output_tokens", in_.output_tokens}});
    out.tpot_ms =
        why_formula(lever_formula("levers.ms"), "TPOT", p_.tpot.in(units::ms), {{"seconds", tpot}});
    const double decoded = p_.requests_per_s * (1.0 + s.prefill_replicas);
    const Why one =
        why_formula(lever_formula("levers.decoded"), "requests of a decode replica", decoded,
                    {{"batch", batch_},
                     {"output_tokens", in_.output_tokens},
                     {"decode_ms", plain.decode_step_ms}});
    const Why prefill = why_formula(
        lever_formula("levers.prefill_replicas"), "prefill replicas for it", s.prefill_replicas,
        {{"decoded", one}, {"prefill_ms", alone.prefill_step_ms}, {"dp", chosen_.dp}});
    return why_formula(lever_formula("levers.split_rate"), "requests per second", p_.requests_per_s,
                       {{"decoded", one}, {"prefill_replicas", prefill}});
  }

  /// Latencies of steps that check drafts; gives the rate.
  Why speculate(const ServingWhys& plain, LeverFigures& out) {
    const DraftedStep& s = *p_.drafted;
    const Why step = why_formula(lever_formula("levers.speculated_step"), "step with drafts",
                                 s.step.in(units::s),
                                 {{"checked_ms", checked_step()},
                                  {"drafted", in_.draft_tokens},
                                  {"draft_ms", draft_pass(shape(1.0), chosen_of(shape(1.0)))}});
    const Why acceptance = s.own_model ? in_.draft_acceptance : in_.acceptance;
    const Why tokens =
        p_.spec.acceptance < 1.0
            ? why_formula(lever_formula("levers.accepted"), "tokens per step", s.tokens,
                          {{"acceptance", acceptance}, {"drafted", in_.draft_tokens}})
            : why_count("tokens per step", s.tokens, "every draft is accepted");
    std::vector<std::pair<std::string, Why>> of_tpot{{"step", step},
                                                     {"tokens", tokens},
                                                     {"plain_tpot_ms", plain.tpot_ms},
                                                     {"plain_step_ms", plain.decode_step_ms}};
    const Why prompt = s.own_model ? draft_prompt() : nullptr;
    if (prompt) {
      of_tpot.emplace_back(
          "prompt_factor",
          why_formula(lever_formula("levers.prompt_factor"), "prompts read by both models",
                      1.0 + s.prompt / p_.plain.prefill_step,
                      {{"draft_prompt_ms", prompt}, {"prefill_step_ms", plain.prefill_step_ms}}));
    }
    const Why tpot =
        why_formula(lever_formula(prompt ? "levers.drafted_tpot" : "levers.speculated_tpot"),
                    "time per output token", p_.tpot.in(units::s), std::move(of_tpot));
    std::vector<std::pair<std::string, Why>> of_ttft{
        {"plain_ttft_ms", plain.ttft_ms},
        {"tokens", tokens},
        {"tpot", tpot},
        {"plain_tpot_ms", plain.tpot_ms},
        {"chunks", why_count("chunks", s.chunks, "steps that a prompt takes")},
        {"step", step},
        {"plain_step_ms", plain.decode_step_ms}};
    if (prompt) of_ttft.emplace_back("draft_prompt_ms", prompt);
    const Why ttft =
        why_formula(lever_formula(prompt ? "levers.drafted_ttft" : "levers.speculated_ttft"),
                    "time to first token", p_.ttft.in(units::s), std::move(of_ttft));
    out.ttft_ms = ms("time to first token", p_.ttft, ttft);
    out.tpot_ms = ms("time per output token", p_.tpot, tpot);
    const Why e2e =
        why_formula(lever_formula("levers.e2e"), "end-to-end latency", p_.e2e.in(units::s),
                    {{"ttft", ttft}, {"output_tokens", in_.output_tokens}, {"tpot", tpot}});
    return why_formula(lever_formula("levers.rate"), "requests completed", p_.requests_per_s,
                       {{"batch", batch_}, {"e2e", e2e}});
  }

  static Why ms(std::string label, Seconds value, const Why& seconds) {
    return why_formula(lever_formula("levers.ms"), std::move(label), value.in(units::ms),
                       {{"seconds", seconds}});
  }

  [[nodiscard]] StepShape shape(double query) const {
    const Layout& l = p_.deployment.layout;
    StepShape out;
    out.sequences = std::max(p_.batch / dbl(l.dp * l.pp), 1.0);
    out.query_tokens = query;
    out.context_tokens = p_.request.input_tokens + 0.5 * p_.request.output_tokens;
    out.logit_rows = out.sequences * query;
    return out;
  }

  [[nodiscard]] Chosen chosen_of(const StepShape& shape) const {
    Chosen c = chosen_;
    c.sequences = why_search("sequences", shape.sequences, "sequences",
                             "requests of one rank and microbatch", {{"batch", batch_}});
    c.query_tokens = why_count("new tokens", shape.query_tokens, "checked per sequence");
    c.context_tokens =
        why_search("cached tokens", shape.context_tokens, "tokens", "prompt and half the answer",
                   {{"input_tokens", in_.input_tokens}, {"output_tokens", in_.output_tokens}});
    return c;
  }

  Why checked_step() {
    const StepShape s = shape(1.0 + dbl(p_.spec.drafted));
    return why_step(estimator_, s, chosen_of(s));
  }

  Why draft_prompt() {
    const StepShape s = prompt_shape(p_.request);
    Chosen chosen = chosen_;
    chosen.sequences = why_count("sequences", s.sequences, "one prompt");
    chosen.query_tokens =
        why_search("new tokens", s.query_tokens, "tokens", "of the prompt, without what is cached",
                   {{"input_tokens", in_.input_tokens}});
    chosen.context_tokens =
        why_count("cached tokens", s.context_tokens, "of the prompt, in the prefix cache");
    return draft_pass(s, chosen);
  }

  /// Kernels of one pass of what drafts.
  Why draft_pass(const StepShape& s, Chosen chosen) {
    StepEstimator draft(p_.drafted->draft);
    chosen.pp = why_count("pp", 1.0, "what drafts lies on one stage");
    const StepBreakdown step = draft.breakdown(s);
    std::vector<std::pair<std::string, Why>> parts;
    for (const OperatorTime& op : step.operators)
      parts.emplace_back(std::string(op.op.name), why_operator(draft, s, op, chosen));
    return why_sum(drafting() ? "one pass of the draft model" : "one pass of the module",
                   step.kernels.in(units::ms), "ms", std::move(parts));
  }

  void cost(LeverFigures& out) const {
    const auto usd = p_.usd_per_million();
    if (!usd) return;
    const double gpus = dbl(p_.deployment.layout.gpus());
    const double hourly = gpus * p_.cost->rate_per_gpu().in(units::USD_per_hour);
    const Why per_hour = why_formula(lever_formula("levers.usd_per_hour"), "cost per hour", hourly,
                                     {{"gpus", why_count("gpus", gpus, "tp * pp * dp")},
                                      {"per_gpu", why_card_cost(*p_.cost)},
                                      {"years", in_.years}});
    out.usd_per_million_output_tokens =
        why_formula(lever_formula("levers.usd_per_million"), "cost per million output tokens", *usd,
                    {{"usd_per_hour", per_hour}, {"output_rate", out.output_tokens_per_s}});
  }

  const LeverPoint& p_;
  const LeverInputs& in_;
  StepEstimator estimator_;
  Why batch_;
  Why cached_;
  Chosen chosen_;
};

struct Column {
  std::string_view key;
  Why LeverFigures::*member;
};
constexpr auto kColumns = std::to_array<Column>({
    {"memory_bytes", &LeverFigures::memory_bytes},
    {"ttft_ms", &LeverFigures::ttft_ms},
    {"tpot_ms", &LeverFigures::tpot_ms},
    {"output_tokens_per_s", &LeverFigures::output_tokens_per_s},
    {"usd_per_million_output_tokens", &LeverFigures::usd_per_million_output_tokens},
});

}  // namespace

std::span<const Formula> lever_formulas() { return kFormulas; }

const Formula& lever_formula(std::string_view id) {
  const auto* found = std::find_if(kFormulas.begin(), kFormulas.end(),
                                   [&](const Formula& f) { return f.id == id; });
  GPUSIZE_CHECK(found != kFormulas.end(), "a lever formula is listed");
  return *found;
}

Why why_delta(std::string_view key, const Why& value, const Why& base) {
  return why_formula(lever_formula("levers.delta_pct"), fmt::format("change of {}", key),
                     (value->value / base->value - 1.0) * 100.0,
                     {{"value", value}, {"base", base}});
}

LeverFigures why_lever(const LeverPoint& point, const LeverInputs& inputs) {
  return PointWhy(point, inputs).run();
}

void write_figures(ObjectWriter& out, const LeverFigures& figures, const LeverFigures* base) {
  for (const Column& column : kColumns) {
    const Why& why = figures.*column.member;
    if (why == nullptr) {
      out.null(column.key);
    } else {
      out.number(column.key, why->value, why);
    }
  }
  if (base == nullptr) return;
  ObjectWriter deltas = out.object("delta_pct");
  for (const Column& column : kColumns) {
    const Why& why = figures.*column.member;
    const Why& from = base->*column.member;
    if (why == nullptr || from == nullptr) {
      deltas.null(column.key);
      continue;
    }
    const double delta = (why->value / from->value - 1.0) * 100.0;
    deltas.number(
        column.key, delta,
        why_formula(lever_formula("levers.delta_pct"), fmt::format("change of {}", column.key),
                    delta, {{"value", why}, {"base", from}}));
  }
}

void write_deployment(ObjectWriter& out, const LeverPoint& p) {
  const Deployment& d = p.deployment;
  out.flag("fits", p.fits);
  out.text("gpu", d.gpu->id);
  out.text("engine", d.engine->id);
  out.text("weights", d.weights.name);
  out.text("kv", name_of(d.kv));
  out.text("layout", describe(d.layout));
  out.integer("gpus", d.layout.gpus(), why_count("gpus", dbl(d.layout.gpus()), "tp * pp * dp"));
  out.number("batch", p.batch,
             p.spec.fill_batch
                 ? why_search("batch", p.batch, "requests", "most requests in flight that work", {})
                 : why_input("batch", p.batch, "requests", "--batch, or the lever"));
}

void write_quality(ObjectWriter out, const QualityNote& note) {
  out.text("risk", note.risk);
  const auto loss = [&](std::string_view key, const std::optional<double>& value) {
    if (!value) {
      out.null(key);
    } else {
      out.number(key, *value,
                 why_fact(std::string(key), *value, "%", NumberKind::kFact, note.source,
                          note.confidence, note.text));
    }
  };
  loss("loss_low_pct", note.loss_low_pct);
  loss("loss_high_pct", note.loss_high_pct);
  out.text("text", note.text);
  out.text("source", note.source.title);
  out.text("ref", note.source.ref);
  out.text("as_of", note.source.as_of);
  out.text("confidence", name_of(note.confidence));
}

}  // namespace gpusize
