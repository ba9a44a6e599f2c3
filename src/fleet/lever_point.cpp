#include "fleet/lever_point.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/estimate/prompts.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/layout/enumerate.hpp"
#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/serve/deploy.hpp"

namespace gpusize {
namespace {

constexpr double kMostBatch = 65536.0;

double dbl(std::int64_t value) { return static_cast<double>(value); }

/// Expected tokens of a step that checks `drafted` of them, each accepted with the same chance
/// given those before (Leviathan et al. 2023, equation 1).
double accepted_tokens(std::int64_t drafted, double acceptance) {
  double sum = 1.0;
  double chance = 1.0;
  for (std::int64_t i = 0; i < drafted; ++i) {
    chance *= acceptance;
    sum += chance;
  }
  return sum;
}

/// The multi-token-prediction module as a model: its layers between the model's table and head.
std::shared_ptr<const ModelSpec> draft_of(const ModelSpec& model) {
  auto out = std::make_shared<ModelSpec>(model);
  out->layers.assign(static_cast<std::size_t>(model.mtp.layers),
                     static_cast<std::uint8_t>(model.mtp.kind));
  out->mtp = {};
  return out;
}

StepShape decode_shape(double sequences, double query, double context) {
  StepShape shape;
  shape.sequences = sequences;
  shape.query_tokens = query;
  shape.context_tokens = context;
  shape.logit_rows = sequences * query;
  return shape;
}

double sequences_per_rank(const LeverPoint& p) {
  return std::ceil(p.batch / dbl(p.deployment.layout.dp));
}

std::string layout_problem(const Deployment& d) {
  const Infeasible problem = check_layout(*d.model, d.layout);
  if (!problem.feasible()) return fmt::format("{}: {}", describe(d.layout), problem.reason);
  if (!d.gpu->slice_of.empty() && d.layout.gpus() > 1)
    return "instances of a card have no links to each other";
  return {};
}

}  // namespace

StepShape prompt_shape(const RequestShape& request) {
  StepShape shape;
  shape.query_tokens = request.input_tokens - request.cached_tokens;
  shape.context_tokens = request.cached_tokens;
  return shape;
}

std::optional<double> LeverPoint::usd_per_million() const {
  if (!cost->known()) return {};
  const double per_hour =
      dbl(deployment.layout.gpus()) * cost->rate_per_gpu().in(units::USD_per_hour);
  return per_hour / (output_tokens_per_s * 3600.0) * 1e6;
}

Result<Deployment> LeverEstimator::deploy(const LeverSpec& spec) const {
  const auto weights = resolve_weights(*spec.model, spec.weights, *spec.gpu, spec.engine.get());
  if (!weights.ok()) return weights.errors();
  const auto kv = resolve_kv(*spec.model, spec.kv, *spec.gpu);
  if (!kv.ok()) return kv.errors();
  Deployment d;
  d.model = spec.model.get();
  d.gpu = spec.gpu.get();
  d.rates = &catalog_.rates_for(*spec.gpu);
  d.engine = spec.engine.get();
  d.weights = weights->plan;
  d.kv = *kv;
  d.layout = spec.layout;
  d.max_batched_tokens = spec.max_batched_tokens;
  d.load_mtp = spec.drafted > 0 && spec.draft == nullptr;
  if (!engine_runs_on(*d.engine, *d.gpu))
    return make_error("est-engine", fmt::format("{} does not run on {}", d.engine->id, d.gpu->id));
  if (const auto problem = format_problem(d.weights, d.kv, *d.gpu))
    return make_error("est-format", *problem);
  if (const std::string problem = layout_problem(d); !problem.empty())
    return make_error("est-layout", problem);
  return d;
}

void LeverEstimator::price(LeverPoint& point) {
  const GpuSpec& gpu = *point.spec.gpu;
  std::shared_ptr<const CardCost>& cost = costs_[gpu.id];
  if (cost == nullptr) {
    const CostChoice choice{request_.basis, request_.tier, request_.region, request_.years};
    if (gpu.slice_of.empty()) {
      cost = std::make_shared<CardCost>(cost_of_card(catalog_, gpu, choice));
    } else {
      const GpuSpec& whole = *catalog_.find_gpu(gpu.slice_of)->entry;
      cost = std::make_shared<CardCost>(
          cost_of_slice(cost_of_card(catalog_, whole, choice), gpu.slices_per_card));
    }
  }
  point.cost = cost;
}

void LeverEstimator::fill_memory(LeverPoint& p) const {
  const Deployment& d = p.deployment;
  p.memory = memory_per_gpu(d, engine_peak(d), sequences_per_rank(p) * p.kv_per_sequence);
  p.memory_used = p.memory.weights + p.memory.kv_cache + p.memory.activations + p.memory.runtime;
  Bytes drafting;
  if (p.drafted && p.drafted->own_model) {
    p.drafted->kv_cache = sequences_per_rank(p) * p.drafted->kv_per_sequence;
    drafting = p.drafted->weights + p.drafted->kv_cache;
    p.memory_used = p.memory_used + drafting;
  }
  const std::int64_t most = sequence_limit(d);
  p.fits = p.memory.weights_fit() && p.memory.kv_cache + drafting <= p.memory.kv_room &&
           (most <= 0 || sequences_per_rank(p) <= dbl(most));
}

void LeverEstimator::time(LeverPoint& p, StepEstimator& estimator) const {
  p.plain = serving_point(estimator, p.request, p.batch);
  p.ttft = p.plain.ttft;
  p.tpot = p.plain.tpot;
  if (p.drafted) {
    DraftedStep& s = *p.drafted;
    const Layout& l = p.deployment.layout;
    const double sequences = std::max(p.batch / dbl(l.dp * l.pp), 1.0);
    const double context = p.request.input_tokens + 0.5 * p.request.output_tokens;
    const double query = 1.0 + dbl(p.spec.drafted);
    StepEstimator draft(s.draft);
    s.checked = estimator.time(decode_shape(sequences, query, context));
    s.one_draft = draft.breakdown(decode_shape(sequences, 1.0, context)).kernels;
    s.tokens = accepted_tokens(p.spec.drafted, p.spec.acceptance);
    s.step = s.checked + dbl(p.spec.drafted) * s.one_draft;
    s.chunks = std::max(1.0, std::ceil((p.request.input_tokens - p.request.cached_tokens) /
                                       prompt_tokens_per_step(p.deployment)));
    // Prompts cost a request the same, whichever steps they share; a model of its own reads them
    // too.
    double prompts = 1.0;
    if (s.own_model) {
      s.prompt = draft.breakdown(prompt_shape(p.request)).kernels;
      prompts += s.prompt / p.plain.prefill_step;
    }
    p.tpot = s.step / s.tokens + prompts * (p.plain.tpot - p.plain.decode_step);
    p.ttft = p.plain.ttft + 0.5 * (s.tokens * p.tpot - p.plain.tpot) +
             s.chunks * (s.step - p.plain.decode_step) + s.prompt;
  }
  p.e2e = p.ttft + (p.request.output_tokens - 1.0) * p.tpot;
  p.requests_per_s = p.batch / p.e2e.in(units::s);
  if (p.spec.split) time_split(p, estimator);
  p.output_tokens_per_s = p.requests_per_s * p.request.output_tokens;
}

/// Without the queue between the pools: that is the simulator's to say.
void LeverEstimator::time_split(LeverPoint& p, StepEstimator& estimator) const {
  SplitPools& s = p.split.emplace();
  s.alone = serving_point(estimator, p.request, 1.0);
  const KvTransfer move = kv_transfer(p.deployment, p.deployment);
  s.transfer = (move.latency_s + move.s_per_token * p.request.input_tokens) * (1.0 * units::s);
  const double later = std::max(p.request.output_tokens - 1.0, 1.0);
  p.ttft = s.alone.ttft;
  p.tpot = p.plain.decode_step + s.transfer / later;
  p.e2e = p.ttft + later * p.tpot;
  const double decoded = p.batch / (later * p.plain.decode_step.in(units::s));
  s.prefill_replicas = decoded * s.alone.prefill_step.in(units::s) / dbl(p.deployment.layout.dp);
  p.requests_per_s = decoded / (1.0 + s.prefill_replicas);
}

double LeverEstimator::largest_batch(LeverPoint p, StepEstimator& estimator) const {
  const auto works = [&](double batch) {
    p.batch = batch;
    fill_memory(p);
    if (!p.fits) return false;
    if (!request_.ttft_ms && !request_.tpot_ms) return true;
    time(p, estimator);
    return meets_targets(p);
  };
  double low = dbl(p.deployment.layout.dp);  // what does not even fit is shown at its smallest
  double high = kMostBatch;
  if (!works(low)) return low;
  while (high - low > 1.0) {
    const double middle = std::floor(0.5 * (low + high));
    (works(middle) ? low : high) = middle;
  }
  return low;
}

/// What proposes tokens: the module on the model's own terms, or another model beside it on the
/// same cards, in its own format.
Diagnostics LeverEstimator::add_draft(LeverPoint& p, std::int64_t tokens) const {
  const LeverSpec& spec = p.spec;
  DraftedStep& s = p.drafted.emplace();
  s.own_model = spec.draft != nullptr;
  s.draft_model = s.own_model ? spec.draft : draft_of(*spec.model);
  s.draft = p.deployment;
  s.draft.model = s.draft_model.get();
  s.draft.layout.pp = 1;
  s.draft.load_mtp = false;
  if (!s.own_model) return {};
  const auto weights = resolve_weights(*spec.draft, "native", *spec.gpu, spec.engine.get());
  if (!weights.ok()) return weights.errors();
  const auto kv = resolve_kv(*spec.draft, spec.kv, *spec.gpu);
  if (!kv.ok()) return kv.errors();
  s.draft.weights = weights->plan;
  s.draft.kv = *kv;
  if (const auto problem = format_problem(s.draft.weights, s.draft.kv, *spec.gpu))
    return {make_error("est-format", fmt::format("draft model: {}", *problem))};
  if (const std::string problem = layout_problem(s.draft); !problem.empty())
    return {make_error("est-layout", fmt::format("draft model: {}", problem))};
  s.weights = weight_bytes_per_gpu(*s.draft.model, s.draft.weights, s.draft.layout, false).total();
  s.kv_per_sequence = kv_bytes_per_sequence(*s.draft.model, s.draft.layout, s.draft.kv, tokens,
                                            s.draft.engine->kv_block_tokens, false);
  return {};
}

Result<LeverPoint> LeverEstimator::estimate(const LeverSpec& spec) {
  LeverPoint p;
  p.spec = spec;
  auto deployment = deploy(spec);
  if (!deployment.ok()) return deployment.errors();
  p.deployment = std::move(deployment).value();
  const Deployment& d = p.deployment;
  p.request = {request_.input_tokens, request_.output_tokens,
               spec.cached_share * request_.input_tokens};
  const auto tokens =
      static_cast<std::int64_t>(std::ceil(p.request.input_tokens + p.request.output_tokens));
  p.kv_per_sequence = kv_bytes_per_sequence(*d.model, d.layout, d.kv, tokens,
                                            d.engine->kv_block_tokens, d.load_mtp);
  if (spec.drafted > 0) {
    if (auto problems = add_draft(p, tokens); has_errors(problems)) return problems;
  }
  StepEstimator estimator(d);
  p.batch = spec.batch;
  if (spec.fill_batch) p.batch = largest_batch(p, estimator);
  fill_memory(p);
  time(p, estimator);
  price(p);
  return p;
}

bool LeverEstimator::meets_targets(const LeverPoint& p) const {
  return (!request_.ttft_ms || p.ttft.in(units::ms) <= *request_.ttft_ms) &&
         (!request_.tpot_ms || p.tpot.in(units::ms) <= *request_.tpot_ms);
}

double LeverEstimator::objective(const LeverPoint& p) const {
  const double gpus = dbl(p.deployment.layout.gpus());
  switch (request_.goal) {
    case LeverGoal::kTtft: return p.ttft.in(units::ms);
    case LeverGoal::kTpot: return p.tpot.in(units::ms);
    case LeverGoal::kMemory: return p.memory_used.in(units::B);
    case LeverGoal::kThroughput: break;
    case LeverGoal::kCost:
      if (const auto usd = p.usd_per_million()) return *usd;
      break;
  }
  return gpus / p.output_tokens_per_s;
}

}  // namespace gpusize
