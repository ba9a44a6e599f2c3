#pragma once
// What the property tests of operators share: totals of a graph, fixed random cases, a shrinker.

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "gpusize/layout/enumerate.hpp"
#include "gpusize/ops/graph.hpp"
#include "support/models.hpp"

namespace gpusize::test {

/// Models that between them have every attention variant, FFN kind, format and wrapper.
inline const std::vector<std::string>& varied_models() {
  static const std::vector<std::string> ids{
      "llama-3.1-8b",  "mistral-7b-v0.1",   "gemma-2-27b",        "gpt3-13b",
      "gpt-j-6b",      "mixtral-8x7b",      "qwen3-30b-a3b",      "gpt-oss-20b",
      "glm-4.5-air",   "deepseek-moe-16b",  "deepseek-v2-lite",   "deepseek-v3",
      "deepseek-v3.2", "deepseek-v4-flash", "deepseek-r1-nvfp4",  "kimi-k2.5",
      "minimax-m1",    "minimax-m3",        "qwen3-next-80b-a3b", "llama-4-scout",
      "glm-5.2",       "qwen3.5-9b",        "falcon-180b"};
  return ids;
}

/// Sums over a graph.
struct Totals {
  double flops = 0.0;
  double weight = 0.0;
  double activation = 0.0;
  double kv = 0.0;
  double comm = 0.0;
};

inline Totals totals_of(const std::vector<Operator>& graph) {
  Totals t;
  for (const Operator& op : graph) {
    t.flops += op.count * op.work.flops.in(units::FLOP);
    t.weight += op.count * op.work.weight_bytes.in(units::B);
    t.activation += op.count * op.work.activation_bytes.in(units::B);
    t.kv += op.count * op.work.kv_bytes.in(units::B);
    t.comm += op.count * op.work.comm_bytes.in(units::B);
  }
  return t;
}

/// One point of a property test.
struct Case {
  std::string model;
  std::string weights = "native";
  Layout layout;
  Dtype kv = Dtype::kBf16;
  StepShape shape;
  double skew = 0.0;

  [[nodiscard]] std::string str() const {
    return fmt::format("{} weights {} kv {} {} {} S={} q={} c={} skew={}", model, weights,
                       name_of(kv), describe(layout),
                       shape.phase == Phase::kPrefill ? "prefill" : "decode", shape.sequences,
                       shape.query_tokens, shape.context_tokens, skew);
  }
};

inline std::vector<Operator> graph_of(const Case& c, const ModelSpec& spec) {
  const WeightPlan plan = plan_weights(spec, c.weights).value();
  GraphInput input;
  input.model = &spec;
  input.weights = &plan;
  input.layout = c.layout;
  input.kv = c.kv;
  input.shape = c.shape;
  input.routing.skew = c.skew;
  std::vector<Operator> out;
  build_graph(input, out);
  return out;
}

/// Layouts of a replica that divide the model, and some that only a user would ask for.
inline std::vector<Layout> layouts_for(const ModelSpec& model) {
  std::vector<Layout> out;
  for (const Layout& l :
       {Layout{1, 1, 1, 1}, Layout{2, 1, 1, 1}, Layout{8, 1, 1, 1}, Layout{1, 2, 1, 1},
        Layout{4, 3, 1, 1}, Layout{8, 1, 8, 1}, Layout{1, 1, 8, 8}, Layout{2, 2, 8, 4},
        Layout{4, 1, 1, 4}, Layout{8, 2, 4, 1}, Layout{1, 1, 32, 32}}) {
    if (l.dp > 1 && !model.has_experts()) continue;
    if (check_layout(model, l).feasible()) out.push_back(l);
  }
  return out;
}

/// The same numbers on every machine: the standard's distributions are not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

inline Case random_case(Dice& dice) {
  static const std::vector<double> kSequences{1, 2, 3, 7, 8, 16, 33, 100, 256};
  static const std::vector<double> kPrompts{1, 2, 63, 64, 65, 128, 500, 1000, 4096};
  static const std::vector<double> kContexts{0, 1, 127, 128, 129, 1000, 2048, 4095, 30000};
  Case c;
  c.model = dice.pick(varied_models());
  c.weights = dice.pick(std::vector<std::string>{"native", "bf16", "fp8", "awq", "nvfp4"});
  c.layout = dice.pick(layouts_for(model(c.model)));
  c.kv = dice.pick(std::vector<Dtype>{Dtype::kBf16, Dtype::kFp8});
  c.shape.phase = dice.below(2) == 0 ? Phase::kPrefill : Phase::kDecode;
  c.shape.sequences = dice.pick(kSequences);
  c.shape.query_tokens = c.shape.phase == Phase::kPrefill ? dice.pick(kPrompts)
                                                          : static_cast<double>(1 + dice.below(3));
  c.shape.context_tokens = dice.pick(kContexts);
  c.shape.logit_rows = c.shape.sequences;
  c.skew = dice.below(4) == 0 ? 0.5 * static_cast<double>(1 + dice.below(3)) : 0.0;
  return c;
}

/// The simplest case near `c` that still fails.
inline Case shrink(Case c, const std::function<bool(const Case&)>& fails) {
  bool again = true;
  while (again) {
    again = false;
    std::vector<Case> simpler;
    const auto change = [&](auto&& edit) { edit(simpler.emplace_back(c)); };
    change([](Case& s) { s.layout = {}; });
    change([](Case& s) { s.weights = "bf16"; });
    change([](Case& s) { s.kv = Dtype::kBf16; });
    change([](Case& s) { s.skew = 0.0; });
    change([](Case& s) { s.shape.sequences = s.shape.logit_rows = 1.0; });
    change([](Case& s) { s.shape.query_tokens = 1.0; });
    change([](Case& s) { s.shape.query_tokens = std::ceil(s.shape.query_tokens / 2.0); });
    change([](Case& s) { s.shape.context_tokens = 0.0; });
    change([](Case& s) { s.shape.context_tokens = std::floor(s.shape.context_tokens / 2.0); });
    for (const Case& s : simpler) {
      if (s.str() == c.str() || !fails(s)) continue;
      c = s;
      again = true;
      break;
    }
  }
  return c;
}

}  // namespace gpusize::test
