// Mixture-of-experts blocks. Three ways of spreading experts, as engines do it:
//   dp = 1:          tokens are on every tensor-parallel rank; each rank runs its share of the
//                    experts (ep > 1: whole ones) and one all-reduce ends the block.
//   dp > 1, ep > 1:  all-to-all dispatch to the ranks of the chosen experts and back (DeepEP).
//   dp > 1, ep = 1:  all-gather of the tokens of all ranks, experts split over all, reduce-scatter.

#include <array>
#include <cmath>

#include "ops/graph_parts.hpp"

namespace gpusize {
namespace {

/// A few groups of equally popular experts.
struct PopularityGroup {
  double experts;
  double chosen;  ///< probability that one token chooses an expert of the group
};
constexpr std::size_t kGroups = 24;
using Popularity = std::array<PopularityGroup, kGroups>;

/// Weights of a power law: the most popular experts one by one, the rest in geometrically growing
/// groups.
Popularity power_law(double experts, double skew) {
  constexpr std::size_t kSingles = 8;
  Popularity groups{};
  const double singles = static_cast<double>(kSingles);
  const double step =
      std::pow(std::max(1.0, experts / singles), 1.0 / static_cast<double>(kGroups - kSingles));
  double low = 0.0;
  double high = 0.0;
  for (std::size_t i = 0; i < kGroups; ++i) {
    high = i < kSingles ? static_cast<double>(i + 1) : high * step;
    const double end = i + 1 == kGroups ? experts : std::min(experts, high);
    groups.at(i) = {end - low, std::pow((low + end + 1.0) / 2.0, -skew)};
    low = end;
  }
  return groups;
}

/// No token chooses an expert twice: what an expert that is always chosen cannot take falls to the
/// others, so that the probabilities of all experts add up to `top_k`.
Popularity popularity(double experts, double skew, double top_k) {
  Popularity groups = power_law(experts, skew);
  double open = std::min(top_k, experts);  // choices not yet certain
  std::size_t first = 0;                   // most popular group that is not certain
  for (;; ++first) {
    double weight = 0.0;
    for (std::size_t i = first; i < kGroups; ++i)
      weight += groups.at(i).experts * groups.at(i).chosen;
    if (weight <= 0.0) break;
    const double factor = open / weight;
    if (factor * groups.at(first).chosen < 1.0) {
      for (std::size_t i = first; i < kGroups; ++i) groups.at(i).chosen *= factor;
      break;
    }
    groups.at(first).chosen = 1.0;
    open = std::max(0.0, open - groups.at(first).experts);
  }
  return groups;
}

/// How the experts' work looks on one GPU.
struct ExpertWork {
  double rows = 0.0;    ///< token copies
  double groups = 0.0;  ///< distinct experts touched
  double width = 0.0;   ///< expert width on this rank
  double unique = 0.0;  ///< tokens of which at least one copy is here
};

ExpertWork expert_work(const FfnContext& c) {
  const FfnSpec& f = *c.spec;
  const Layout& layout = c.input->layout;
  const Routing& routing = c.input->routing;
  const double ep = static_cast<double>(layout.ep);
  const double experts = static_cast<double>(f.experts);
  const double top_k = static_cast<double>(f.top_k);
  const double all = c.tokens * static_cast<double>(layout.dp);
  ExpertWork work;
  work.rows = all * top_k / ep * expert_imbalance(experts, top_k, ep, routing);
  work.groups = std::min(distinct_experts(experts, top_k, all, routing) / ep, work.rows);
  work.width = static_cast<double>(f.expert_intermediate) / static_cast<double>(layout.expert_tp());
  work.unique = all * (1.0 - std::pow(1.0 - 1.0 / ep, top_k));
  if (layout.ep == 1) work.unique = all;
  return work;
}

void add_experts(const OperatorSink& sink, const FfnContext& c, const ExpertWork& work) {
  const double hidden = c.hidden();
  const double inner = (c.spec->gated ? 2.0 : 1.0) * work.width;
  const WeightFormat& format = c.format(TensorRole::kExpert);
  // Tokens were quantised before they travelled; copies are made in the narrow format.
  const double bytes = std::min(kActivationBytes, bytes_of(format.compute));
  sink.elementwise("moe.permute", 0.0, 0.0).activation_bytes =
      Bytes::from_base((work.unique + work.rows) * hidden * bytes);
  sink.grouped_gemm("moe.gate_up", work.rows, inner, hidden, work.groups, format);
  sink.elementwise("moe.act", work.rows * inner, work.rows * work.width);
  sink.quantise("moe.down_quantise", work.rows, work.width, format);
  sink.grouped_gemm("moe.down", work.rows, hidden, work.width, work.groups, format);
  sink.elementwise("moe.finalize", work.rows * hidden, work.unique * hidden)
      .experts.moved_elements = (work.rows + 2.0 * work.unique) * hidden;
}

void add_shared(const OperatorSink& sink, const FfnContext& c) {
  if (c.spec->shared_intermediate == 0) return;
  const double width =
      static_cast<double>(c.spec->shared_intermediate) / static_cast<double>(c.input->layout.tp);
  const double inner = (c.spec->gated ? 2.0 : 1.0) * width;
  const WeightFormat& format = c.format(TensorRole::kSharedExpert);
  sink.quantise("moe.shared_quantise", c.tokens, c.hidden(), format);
  sink.gemm("moe.shared_gate_up", c.tokens, inner, c.hidden(), format);
  sink.elementwise("moe.shared_act", c.tokens * inner, c.tokens * width);
  sink.quantise("moe.shared_down_quantise", c.tokens, width, format);
  sink.gemm("moe.shared_down", c.tokens, c.hidden(), width, format);
  // Its part of the block's all-reduce, when that is over other ranks.
  if (c.input->layout.dp > 1) add_all_reduce(sink, "moe.shared_allreduce", *c.input, c.tokens);
}

/// Copies of one token that dispatch sends: decode sends one per expert (DeepEP low-latency mode),
/// prefill one per rank that has any of its experts (normal mode).
double copies_sent(const FfnContext& c) {
  const double top_k = static_cast<double>(c.spec->top_k);
  const double ep = static_cast<double>(c.input->layout.ep);
  if (c.input->shape.phase == Phase::kDecode) return top_k;
  return std::min(top_k, ep * (1.0 - std::pow(1.0 - 1.0 / ep, top_k)));
}

/// Other nodes that get a copy of one token of a prompt: copies for the ranks of one node cross the
/// network as one (DeepEP, normal mode). Groups of experts limit the nodes where routing does.
double nodes_crossed(const FfnContext& c) {
  const FfnSpec& f = *c.spec;
  const double nodes = static_cast<double>(c.input->layout.tp * c.input->layout.dp) /
                       static_cast<double>(c.input->node_gpus);
  const double top_k = static_cast<double>(f.top_k);
  double chosen = top_k;  // independent choices of a node
  double groups = 0.0;
  if (f.group_limit > 0 && f.expert_groups > f.group_limit) {
    const double limit = static_cast<double>(f.group_limit);
    groups = static_cast<double>(f.expert_groups);
    chosen = limit * (1.0 - std::pow(1.0 - 1.0 / limit, top_k));  // groups that are really used
  }
  // Groups are drawn without repetition, experts nearly so.
  const double missed = groups > 0.0 && nodes < groups
                            ? std::pow(1.0 - chosen / groups, groups / nodes)
                            : std::pow(1.0 - 1.0 / nodes, chosen);
  return (nodes - 1.0) * (1.0 - missed);
}

/// What an all-to-all between nodes sends over the network, `bytes` per token and copy.
void limit_network(const OperatorSink& sink, const FfnContext& c, double tokens, double bytes) {
  KernelWork& work = sink.out.back().work;
  if (!work.collective.across_nodes || c.input->shape.phase == Phase::kDecode) return;
  work.collective.network = Bytes::from_base(tokens * nodes_crossed(c) * bytes);
}

/// Every rank of a tensor-parallel group sends its share of the group's tokens.
void add_dispatch(const OperatorSink& sink, const FfnContext& c) {
  const Layout& layout = c.input->layout;
  const std::int64_t world = layout.tp * layout.dp;
  const double tokens = c.tokens / static_cast<double>(layout.tp);
  // FP8 experts take FP8 tokens with one fp32 scale per 128 numbers.
  const bool narrow = c.format(TensorRole::kExpert).quantises_activations();
  const double bytes = narrow ? 1.0 + 4.0 / 128.0 : kActivationBytes;
  if (layout.ep > 1) {
    sink.collective("moe.dispatch", CollectiveKind::kAllToAll, layout.ep,
                    tokens * copies_sent(c) * c.hidden() * bytes, crosses_nodes(*c.input, world));
    limit_network(sink, c, tokens, c.hidden() * bytes);
  } else {
    const double all = c.tokens * static_cast<double>(layout.dp);
    sink.collective("moe.dispatch", CollectiveKind::kAllGather, world, all * c.hidden() * bytes,
                    crosses_nodes(*c.input, world));
  }
}

void add_combine(const OperatorSink& sink, const FfnContext& c, const ExpertWork& work) {
  const Layout& layout = c.input->layout;
  const std::int64_t world = layout.tp * layout.dp;
  const double vector = c.hidden() * kActivationBytes;
  if (layout.ep == 1) {
    const double all = c.tokens * static_cast<double>(layout.dp);
    sink.collective("moe.combine", CollectiveKind::kReduceScatter, world, all * vector,
                    crosses_nodes(*c.input, world));
  } else {
    sink.collective("moe.allreduce", CollectiveKind::kAllReduce, layout.expert_tp(),
                    work.unique * vector, crosses_nodes(*c.input, layout.expert_tp()));
    const double tokens = c.tokens / static_cast<double>(layout.tp);
    sink.collective("moe.combine", CollectiveKind::kAllToAll, layout.ep,
                    tokens * copies_sent(c) * vector, crosses_nodes(*c.input, world));
    limit_network(sink, c, tokens, vector);
  }
  // Back to all tensor-parallel ranks of the group.
  sink.collective("moe.gather", CollectiveKind::kAllGather, layout.tp, c.tokens * vector,
                  crosses_nodes(*c.input, layout.tp));
}

}  // namespace

double distinct_experts(double experts, double top_k, double tokens, const Routing& routing) {
  if (experts <= 0.0 || tokens <= 0.0) return 0.0;
  if (routing.skew <= 0.0)
    return experts * (1.0 - std::pow(1.0 - std::min(1.0, top_k / experts), tokens));
  double expected = 0.0;
  for (const PopularityGroup& g : popularity(experts, routing.skew, top_k)) {
    expected += g.experts * (1.0 - std::pow(1.0 - g.chosen, tokens));
  }
  return expected;
}

double expert_imbalance(double experts, double top_k, double ranks, const Routing& routing) {
  if (routing.skew <= 0.0 || ranks <= 1.0 || experts <= 1.0) return 1.0;
  const double first = popularity(experts, routing.skew, top_k).front().chosen;
  const double others = (top_k - first) / (experts - 1.0) * (experts / ranks - 1.0);
  return std::max(1.0, (first + others) * ranks / top_k);
}

void add_moe(const OperatorSink& sink, const FfnContext& c) {
  const FfnSpec& f = *c.spec;
  const double experts = static_cast<double>(f.experts);
  const bool gathered = c.input->layout.dp > 1;
  sink.gemm("moe.router", c.tokens, experts, c.hidden(), c.input->weights->wide);
  const double copies = c.tokens * static_cast<double>(f.top_k);
  KernelWork& choice = sink.elementwise("moe.topk", c.tokens * experts, 2.0 * copies, experts);
  choice.routes = true;
  choice.experts.choices = c.tokens * experts;
  choice.experts.copies = copies;
  const ExpertWork work = expert_work(c);
  sink.quantise("moe.quantise", c.tokens, c.hidden(), c.format(TensorRole::kExpert));
  if (gathered) add_dispatch(sink, c);
  add_experts(sink, c, work);
  if (gathered) add_combine(sink, c, work);
  add_shared(sink, c);
  if (!gathered) add_all_reduce(sink, "moe.combine", *c.input, c.tokens);
}

}  // namespace gpusize
