// GS1xx: does it fit.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gate/judge.hpp"
#include "gpusize/ops/kv_cache.hpp"

namespace gpusize {
namespace {

double bytes(Bytes b) { return b.in(units::B); }

/// The longest request that the pool of one rank holds, in whole blocks.
std::int64_t longest_request(const ReplicaMemory& m) {
  const Deployment& d = m.replica;
  std::int64_t low = 0;
  std::int64_t high = std::max<std::int64_t>(1, m.max_tokens);
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    const Bytes needed = kv_bytes_per_sequence(*d.model, d.layout, d.kv, middle,
                                               d.engine->kv_block_tokens, d.load_mtp);
    if (needed <= m.memory.kv_room)
      low = middle;
    else
      high = middle - 1;
  }
  const std::int64_t block = std::max<std::int64_t>(1, d.engine->kv_block_tokens);
  return low / block * block;
}

std::string deployment_text(const Assessment& a) {
  return fmt::format("{} on {} x {} ({}, {})", a.model->name, a.layout->gpus(), a.gpu->id,
                     describe(*a.layout), a.memory->replica.weights.name);
}

bool judge_weights(Judge& judge) {
  const Assessment& a = judge.about();
  const ReplicaMemory& m = *a.memory;
  const Bytes others = m.memory.activations + m.memory.runtime;
  if (m.memory.weights_fit()) return true;
  const Bytes usable = m.memory.fraction * m.memory.capacity;
  Finding& f = judge.add(
      "GS101", judge.at(judge.args().tp, judge.said().gpus_per_pod, judge.args().model),
      fmt::format("weights do not fit: {} of weights and {} for activations and runtime on each "
                  "GPU, the engine may use {} of {}",
                  gib(m.memory.weights), gib(others), gib(usable), gib(m.memory.capacity)),
      fmt::format("{}: more GPUs per replica (--tensor-parallel-size, --pipeline-parallel-size), a "
                  "card with more memory, or fewer bits per weight",
                  deployment_text(a)));
  f.actual =
      FindingNumber{bytes(m.memory.weights + others), why_sum("weights, activations and runtime",
                                                              bytes(m.memory.weights + others), "B",
                                                              {{"weights", m.why.weights},
                                                               {"activations", m.why.activations},
                                                               {"runtime", m.why.runtime}})};
  f.limit = FindingNumber{bytes(m.memory.usable), m.why.usable};
  f.unit = "bytes per GPU";
  return false;
}

/// Engines of which only the weights can be counted: weights above the whole card fit nowhere.
void judge_weights_alone(Judge& judge) {
  const Assessment& a = judge.about();
  if (!a.weights_alone || a.weights_alone->value * units::B <= a.gpu->memory) return;
  Finding& f = judge.add(
      "GS101", judge.at(judge.args().tp, judge.said().gpus_per_pod, judge.args().model),
      fmt::format("weights do not fit: {} of weights on each GPU of {}, before anything else",
                  gib(a.weights_alone->value * units::B), gib(a.gpu->memory)),
      "more GPUs per replica, a card with more memory, or fewer bits per weight");
  f.actual = a.weights_alone;
  const GpuFact* fact = a.gpu->memory_fact();
  f.limit = FindingNumber{
      bytes(a.gpu->memory),
      why_fact("memory of the card", bytes(a.gpu->memory), "B", NumberKind::kFact,
               fact != nullptr ? fact->source : Source{},
               fact != nullptr ? fact->confidence : Confidence::kUnverified, a.gpu->id)};
  f.unit = "bytes per GPU";
}

bool judge_longest(Judge& judge) {
  const ReplicaMemory& m = *judge.about().memory;
  if (m.one_request <= m.memory.kv_room) return true;
  const std::int64_t longest = longest_request(m);
  const bool stated = judge.args().max_model_len.has_value();
  Finding& f = judge.add(
      "GS102",
      judge.at(judge.args().max_model_len, judge.args().memory_fraction, judge.args().model),
      fmt::format(
          "no room for one request of {} tokens{}: its KV cache takes {} per GPU, the pool has {}",
          m.max_tokens, stated ? "" : " (the model's context)", gib(m.one_request),
          gib(m.memory.kv_room)),
      fmt::format(
          "lower --max-model-len to {} or less, raise the memory fraction, or take more GPUs",
          longest));
  f.actual = FindingNumber{bytes(m.one_request), m.one_request_why};
  f.limit = FindingNumber{bytes(m.memory.kv_room), m.why.kv_room};
  f.unit = "bytes per GPU";
  return false;
}

void judge_headroom(Judge& judge) {
  const ReplicaMemory& m = *judge.about().memory;
  const double limit = judge.limits().min_requests;
  if (m.one_request <= Bytes{} || m.requests_of_max >= limit) return;
  Finding& f = judge.add(
      "GS103",
      judge.at(judge.args().max_model_len, judge.args().memory_fraction, judge.args().model),
      fmt::format("the KV pool holds {:.2f} requests of {} tokens, at least {:g} are asked for",
                  m.requests_of_max, m.max_tokens, limit),
      "requests of the full length will run one after another; lower --max-model-len or add "
      "memory");
  f.actual =
      FindingNumber{m.requests_of_max,
                    why_search("requests of the greatest length that fit", m.requests_of_max,
                               "requests", "KV pool over the cache of one such request",
                               {{"kv_room", m.why.kv_room}, {"one_request", m.one_request_why}})};
  f.limit = FindingNumber{
      limit, why_input("least requests", limit, "requests", "policy limits.min_requests")};
  f.unit = "requests";
}

void judge_fraction(Judge& judge) {
  const auto& fraction = judge.args().memory_fraction;
  if (!fraction || fraction->value < judge.limits().max_memory_fraction) return;
  const double limit = judge.limits().max_memory_fraction;
  const bool over = fraction->value > 1.0;
  Finding& f = judge.add(
      "GS104", fraction->place,
      over ? fmt::format("memory fraction {:g} is above 1", fraction->value)
           : fmt::format("memory fraction {:g} leaves {:.1f} % of the card to everything else",
                         fraction->value, 100.0 * (1.0 - fraction->value)),
      "NCCL buffers, graphs and fragmentation need room outside the pool: 0.90 to 0.95 is usual");
  f.actual = FindingNumber{fraction->value, why_input("memory fraction", fraction->value, "",
                                                      judge.where(fraction->place))};
  f.limit = FindingNumber{
      limit, why_input("largest memory fraction", limit, "", "policy limits.max_memory_fraction")};
  f.unit = "fraction";
}

void judge_kv_format(Judge& judge) {
  const Assessment& a = judge.about();
  const ReplicaMemory& m = *a.memory;
  if (judge.args().kv_cache_dtype || bits_of(m.replica.kv) < 16.0 || !a.gpu->peak(Dtype::kFp8))
    return;
  const bool narrow = bits_of(m.replica.weights.of(TensorRole::kAttention).storage) <= 8.0;
  if (!narrow || m.requests_of_max >= 8.0) return;
  Finding& f = judge.add(
      "GS105", judge.at(judge.args().model),
      fmt::format("the KV cache is kept in {} beside {} weights: fp8 would hold twice the tokens",
                  name_of(m.replica.kv), m.replica.weights.name),
      "--kv-cache-dtype fp8, after checking quality");
  f.actual =
      FindingNumber{bits_of(m.replica.kv),
                    why_count("bits of a cached number", bits_of(m.replica.kv), "KV cache format")};
  f.limit = FindingNumber{
      8.0, why_count("bits of a cached number", 8.0, "fp8, which the card computes in")};
  f.unit = "bits";
}

void judge_context(Judge& judge) {
  const Assessment& a = judge.about();
  const auto& len = judge.args().max_model_len;
  const std::int64_t most = std::max(a.model->max_context, a.model->card_context);
  if (!len || most == 0 || len->value <= most) return;
  Finding& f = judge.add(
      "GS106", len->place,
      fmt::format("--max-model-len {} is above the model's context of {}", len->value, most),
      "engines refuse to start, or positions past the trained range give nonsense");
  f.actual = FindingNumber{static_cast<double>(len->value),
                           why_input("max_model_len", static_cast<double>(len->value), "tokens",
                                     judge.where(len->place))};
  f.limit = FindingNumber{static_cast<double>(most),
                          why_fact("context of the model", static_cast<double>(most), "tokens",
                                   NumberKind::kFact, a.model->source, a.model->confidence)};
  f.unit = "tokens";
}

}  // namespace

void judge_fit(Judge& judge) {
  judge_fraction(judge);
  if (judge.about().model != nullptr && !judge.said().training) judge_context(judge);
  judge_weights_alone(judge);
  if (judge.about().memory == nullptr) return;
  if (!judge_weights(judge)) return;
  if (judge_longest(judge)) judge_headroom(judge);
  judge_kv_format(judge);
}

}  // namespace gpusize
