// Graphs of all models: finite, never negative, and growing with what they process.

#include <set>

#include "gpusize/ops/kv_cache.hpp"
#include "property/ops_support.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

using test::Case;
using test::Totals;

bool is_sound(double value) { return std::isfinite(value) && value >= 0.0; }

bool sound(const Operator& op) {
  const KernelWork& w = op.work;
  for (const double v : {op.count,
                         w.flops.in(units::FLOP),
                         w.weight_bytes.in(units::B),
                         w.activation_bytes.in(units::B),
                         w.kv_bytes.in(units::B),
                         w.comm_bytes.in(units::B),
                         w.collective.message.in(units::B),
                         w.gemm.m,
                         w.gemm.n,
                         w.gemm.k,
                         w.gemm.groups,
                         w.attention.sequences,
                         w.attention.query_tokens,
                         w.attention.kv_tokens,
                         w.attention.kv_read_tokens,
                         w.attention.query_heads,
                         w.attention.kv_heads,
                         w.attention.qk_dim,
                         w.attention.v_dim,
                         w.launches,
                         w.row_elements}) {
    if (!is_sound(v)) return false;
  }
  return op.count > 0.0;
}

TEST_CASE("every model over every layout gives sound operators") {
  for (const std::string& id : test::model_ids()) {
    const ModelSpec& m = test::model(id);
    for (const Layout& layout : test::layouts_for(m)) {
      for (const StepShape& shape :
           {StepShape{Phase::kDecode, 1, 1, 0, 1}, StepShape{Phase::kDecode, 64, 2, 5000, 64},
            StepShape{Phase::kPrefill, 1, 1, 0, 1}, StepShape{Phase::kPrefill, 3, 777, 300, 3}}) {
        const Case c{id, "native", layout, Dtype::kFp8, shape, 0.0};
        CAPTURE(c.str());
        const auto graph = test::graph_of(c, m);
        REQUIRE(graph.size() > 5);
        for (const Operator& op : graph) {
          CAPTURE(op.name);
          REQUIRE(sound(op));
        }
        const Totals t = test::totals_of(graph);
        CHECK(t.flops > 0.0);
        CHECK(t.weight > 0.0);
        CHECK((t.comm > 0.0) == (layout.gpus() > 1));
      }
    }
  }
}

/// What one step more along an axis makes of a case; false when the axis does not apply.
struct Axis {
  const char* name;
  bool (*grow)(Case& c, ModelSpec& m);
};

bool grow_heads(ModelSpec& m) {
  for (LayerKind& kind : m.kinds) {
    AttentionSpec& a = kind.attention;
    a.heads *= 2;
    if (a.kind != AttentionKind::kCompressed) a.kv_heads *= 2;
    a.indexer_heads *= 2;
    a.linear_key_heads *= 2;
    a.linear_value_heads *= 2;
  }
  return true;
}

const std::vector<Axis>& axes() {
  static const std::vector<Axis> all{
      {"batch",
       [](Case& c, ModelSpec&) {
         c.shape.sequences += 1.0;
         c.shape.logit_rows += 1.0;
         return true;
       }},
      {"context",
       [](Case& c, ModelSpec& m) {
         // A chunk of a prompt that begins a new attention chunk sees less: that is the point of
         // them.
         for (const LayerKind& k : m.kinds) {
           if (k.attention.chunk > 0 && c.shape.phase == Phase::kPrefill) return false;
         }
         c.shape.context_tokens += 1.0;
         return true;
       }},
      {"new tokens",
       [](Case& c, ModelSpec&) {
         c.shape.query_tokens += 1.0;
         return true;
       }},
      {"layers",
       [](Case&, ModelSpec& m) {
         m.layers.push_back(m.layers.back());
         return true;
       }},
      {"heads", [](Case&, ModelSpec& m) { return grow_heads(m); }},
      {"experts per token",
       [](Case&, ModelSpec& m) {
         for (LayerKind& k : m.kinds) {
           if (k.ffn.is_moe() && k.ffn.top_k < k.ffn.experts) ++k.ffn.top_k;
         }
         return m.has_experts();
       }},
      {"expert width",
       [](Case&, ModelSpec& m) {
         for (LayerKind& k : m.kinds) k.ffn.expert_intermediate *= 2;
         return m.has_experts();
       }},
  };
  return all;
}

/// The first total that falls, or nothing.
std::string falling(const Totals& less, const Totals& more) {
  const auto falls = [](double a, double b) { return b < a * (1.0 - 1e-12); };
  if (falls(less.flops, more.flops)) return fmt::format("FLOPs {} -> {}", less.flops, more.flops);
  if (falls(less.weight, more.weight))
    return fmt::format("weights {} -> {}", less.weight, more.weight);
  if (falls(less.activation, more.activation))
    return fmt::format("activations {} -> {}", less.activation, more.activation);
  if (falls(less.kv, more.kv)) return fmt::format("KV {} -> {}", less.kv, more.kv);
  if (falls(less.comm, more.comm)) return fmt::format("links {} -> {}", less.comm, more.comm);
  return {};
}

std::string fall_along(const Axis& axis, const Case& c) {
  const ModelSpec& m = test::model(c.model);
  Case grown = c;
  ModelSpec larger = m;
  if (!axis.grow(grown, larger)) return {};
  return falling(test::totals_of(test::graph_of(c, m)),
                 test::totals_of(test::graph_of(grown, larger)));
}

TEST_CASE("FLOPs and bytes never fall when work grows") {
  test::Dice dice(20260824);
  for (int i = 0; i < 1500; ++i) {
    const Case c = test::random_case(dice);
    for (const Axis& axis : axes()) {
      if (fall_along(axis, c).empty()) continue;
      const Case least =
          test::shrink(c, [&](const Case& s) { return !fall_along(axis, s).empty(); });
      FAIL_CHECK(axis.name << ": " << fall_along(axis, least) << " at " << least.str());
    }
  }
}

TEST_CASE("twice the layers are exactly twice the operators of layers") {
  test::Dice dice(7);
  for (int i = 0; i < 300; ++i) {
    Case c = test::random_case(dice);
    c.layout.pp = 1;
    const ModelSpec& m = test::model(c.model);
    ModelSpec twice = m;
    twice.layers.insert(twice.layers.end(), m.layers.begin(), m.layers.end());
    const auto one = test::graph_of(c, m);
    const auto two = test::graph_of(c, twice);
    CAPTURE(c.str());
    REQUIRE(one.size() == two.size());
    static const std::set<std::string_view> kOutside{
        "embedding", "embedding.allreduce", "embedding.norm", "final_norm",
        "lm_head",   "lm_head.allgather",   "sampling"};
    for (std::size_t k = 0; k < one.size(); ++k) {
      CAPTURE(one[k].name);
      REQUIRE(one[k].name == two[k].name);
      const bool outside = kOutside.count(one[k].name) > 0;
      CHECK(two[k].count == (outside ? one[k].count : 2.0 * one[k].count));
      CHECK(two[k].work.flops == one[k].work.flops);
      CHECK(two[k].work.weight_bytes == one[k].work.weight_bytes);
    }
  }
}

TEST_CASE("decode attention reads the whole cache of unlimited layers") {
  for (const char* id : {"llama-3.1-8b", "deepseek-v3"}) {
    const ModelSpec& m = test::model(id);
    const Case c{id, "bf16", {}, Dtype::kBf16, {Phase::kDecode, 5, 1, 999, 5}, 0.0};
    double read = 0.0;
    for (const Operator& op : test::graph_of(c, m)) {
      if (op.name == "attention.core") read += op.count * op.work.kv_bytes.in(units::B);
    }
    CHECK(read == Approx(5 * 1000 * kv_bytes_per_token(m, Dtype::kBf16).in(units::B_per_token)));
  }
}

TEST_CASE("distinct experts lie between top_k and all, and grow") {
  for (const double experts : {4.0, 8.0, 60.0, 128.0, 256.0}) {
    for (const double top_k : {1.0, 2.0, 8.0}) {
      if (top_k > experts) continue;
      for (const double skew : {0.0, 0.5, 1.0, 2.0, 4.0}) {
        double before = 0.0;
        for (const double tokens : {1.0, 2.0, 3.0, 8.0, 64.0, 1000.0, 1e6}) {
          const double now = distinct_experts(experts, top_k, tokens, {skew});
          CAPTURE(experts, top_k, skew, tokens, now);
          CHECK(now >= top_k * (1.0 - 1e-9));
          CHECK(now <= experts * (1.0 + 1e-9));
          CHECK(now >= before * (1.0 - 1e-12));
          CHECK(now <= top_k * tokens * (1.0 + 1e-9));
          before = now;
        }
      }
      CHECK(distinct_experts(experts, top_k, 1.0) == Approx(top_k));
    }
  }
  CHECK(distinct_experts(64.0, 6.0, 0.0) == 0.0);
}

TEST_CASE("the busiest expert rank has at least the mean and at most everything") {
  for (const double skew : {0.0, 0.3, 1.0, 3.0}) {
    for (const double ranks : {1.0, 2.0, 8.0, 64.0}) {
      const double factor = expert_imbalance(64.0, 6.0, ranks, {skew});
      CAPTURE(skew, ranks);
      CHECK(factor >= 1.0);
      CHECK(factor <= ranks * (1.0 + 1e-9));
    }
  }
}

}  // namespace
}  // namespace gpusize
