// GS2xx: degrees against the model, the node and the GPUs that are asked for.

#include <algorithm>

#include <fmt/format.h>

#include "gate/judge.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

FindingNumber stated_number(const Judge& judge, std::string label, std::int64_t value,
                            Place place) {
  return {dbl(value), why_input(std::move(label), dbl(value), "", judge.where(place))};
}

void judge_divides(Judge& judge) {
  const Assessment& a = judge.about();
  if (!a.layout || a.layout_problem.feasible()) return;
  Finding& f = judge.add(
      "GS201", judge.at(judge.args().tp, judge.args().pp, judge.args().ep, judge.args().dp),
      fmt::format("{}: {}", describe(*a.layout), a.layout_problem.reason),
      "degrees must divide what they spread: heads, layers, experts");
  f.actual = FindingNumber{a.layout_problem.needed,
                           why_count("degree", a.layout_problem.needed, "engine arguments")};
  f.limit = FindingNumber{a.layout_problem.available,
                          why_count("what it spreads", a.layout_problem.available, "the model")};
  f.unit = a.layout_problem.unit;
}

/// GPUs among which every layer is summed up. Ranks of attention data parallelism (SGLang,
/// TensorRT-LLM) count as tensor-parallel ones in the option, and exchange nothing but experts.
std::int64_t summed_ranks(const Assessment& a, std::int64_t tp) {
  if (!a.layout || a.model == nullptr) return tp;
  const std::int64_t experts = a.model->has_experts() ? a.layout->expert_tp() : 1;
  return std::min(tp, std::max(a.layout->tp, experts));
}

void judge_nodes(Judge& judge) {
  const Assessment& a = judge.about();
  const DeployedWorkload& w = judge.said();
  const auto& tp = judge.args().tp;
  if (!tp || !w.gpus_per_pod || w.gpus_per_pod->value < 1) return;
  const std::int64_t domain =
      a.gpu != nullptr ? std::max(a.gpu->link_domain_gpus, a.gpu->node_gpus) : 8;
  const std::int64_t pods = w.pods ? w.pods->value : 1;
  const std::int64_t ranks = summed_ranks(a, tp->value);
  if (pods < 2 || ranks <= w.gpus_per_pod->value || ranks <= domain) return;
  Finding& f = judge.add(
      "GS202", tp->place,
      fmt::format("tensor parallelism {} spans nodes of {} GPUs: every layer waits for the network",
                  ranks, w.gpus_per_pod->value),
      fmt::format("tensor parallelism {} within a node and pipeline parallelism across nodes",
                  w.gpus_per_pod->value));
  f.actual = stated_number(judge, "tp", ranks, tp->place);
  f.limit = stated_number(judge, "GPUs per node", w.gpus_per_pod->value, w.gpus_per_pod->place);
  f.unit = "GPUs";
}

void judge_gpus(Judge& judge) {
  const Assessment& a = judge.about();
  const DeployedWorkload& w = judge.said();
  if (!a.layout || w.gpus_from_layout || !w.gpus_per_replica || w.engine.empty() ||
      w.engine == "nim")
    return;
  const bool replicas_inside = w.engine == "sglang" && judge.args().dp &&
                               !(judge.args().attention_dp && judge.args().attention_dp->value);
  const std::int64_t used = a.layout->gpus() * (replicas_inside ? judge.args().dp->value : 1);
  const std::int64_t asked = *w.gpus_per_replica;
  if (used == asked || used < 1) return;
  const Place place = judge.at(judge.args().tp, judge.args().pp, judge.args().dp, w.gpus_per_pod);
  const bool short_of = used > asked;
  Finding& f = judge.add(
      short_of ? "GS203" : "GS205", short_of ? place : judge.at(w.gpus_per_pod, judge.args().tp),
      short_of
          ? fmt::format("{} takes {} GPUs, the replica has {}", describe(*a.layout), used, asked)
          : fmt::format("{} GPUs requested, {} used ({}): {} idle", asked, used,
                        describe(*a.layout), asked - used),
      short_of ? "raise the GPU request or lower the degrees: the engine will not start"
               : "lower the GPU request or raise a degree: idle GPUs are paid for");
  f.actual = FindingNumber{dbl(short_of ? used : asked),
                           why_input("GPUs", dbl(short_of ? used : asked), "", judge.where(place))};
  f.limit = FindingNumber{dbl(short_of ? asked : used),
                          why_input("GPUs", dbl(short_of ? asked : used), "", judge.where(place))};
  f.unit = "GPUs";
}

void judge_experts(Judge& judge) {
  const Assessment& a = judge.about();
  if (a.model == nullptr || a.model->has_experts()) return;
  const auto& flag = judge.args().expert_parallel;
  const auto& degree = judge.args().ep;
  const bool on = (flag && flag->value) || (degree && degree->value > 1);
  if (!on) return;
  judge.add("GS204", judge.at(flag, degree),
            fmt::format("expert parallelism on {}, which has no experts", a.model->name),
            "take the option out");
}

void judge_steps(Judge& judge) {
  const auto& tokens = judge.args().max_batched_tokens;
  const auto& sequences = judge.args().max_num_seqs;
  if (tokens && sequences && tokens->value > 0 && tokens->value < sequences->value &&
      judge.said().engine == "vllm") {
    Finding& f = judge.add(
        "GS208", tokens->place,
        fmt::format(
            "{} tokens per step for {} sequences: not every running request can decode in a step",
            tokens->value, sequences->value),
        "raise --max-num-batched-tokens to at least --max-num-seqs");
    f.actual = stated_number(judge, "tokens per step", tokens->value, tokens->place);
    f.limit = stated_number(judge, "sequences", sequences->value, sequences->place);
    f.unit = "tokens";
  }
}

}  // namespace

void judge_parallelism(Judge& judge) {
  if (judge.said().training || !judge.said().skipped.empty()) return;
  judge_divides(judge);
  judge_nodes(judge);
  judge_gpus(judge);
  judge_experts(judge);
  judge_steps(judge);
}

}  // namespace gpusize
