#include "plan/why_prefill.hpp"

#include "gpusize/hw/formulas.hpp"
#include "plan/why_facts.hpp"

namespace gpusize {
namespace {

class PrefillWhy {
 public:
  PrefillWhy(const Device& device, const KernelStyle& style, const EngineProfile& engine,
             const KernelWork& work, const ShapeWhy& shape)
      : device_(device), style_(style), engine_(engine), work_(work), shape_(shape) {}

  Why time() const {
    const PrefillAttentionRates& r = device_.rates().prefill;
    WhyInputs parts{{"launch", rate("launch", r.launch.in(units::s), "s")},
                    {"per_kv_token", rate("per_kv_token", r.per_kv_token.in(units::s), "s")},
                    {"kv_read", shape_("kv_read", work_.attention.kv_read_tokens)},
                    {"compute_time", compute_time()},
                    {"memory_time", memory_time()}};
    if (style_.score_bytes <= Bytes{})
      return derive(formulas::kPrefillTime, "attention time", std::move(parts));
    parts.emplace_back("score_time", score_time());
    return derive(formulas::kUnfusedPrefillTime, "attention time", std::move(parts));
  }

 private:
  Why rate(std::string_view key, double value, std::string unit = {}) const {
    return rate_why(device_.rates(), "prefill_attention", key, value, std::move(unit));
  }

  WhyInputs queries() const {
    const AttentionShape& a = work_.attention;
    return {{"sequences", shape_("sequences", a.sequences)},
            {"heads", shape_("heads", a.query_heads)},
            {"queries", shape_("queries", a.query_tokens)}};
  }

  WhyInputs with_dims() const {
    WhyInputs inputs = queries();
    inputs.emplace_back("qk_dim", shape_("qk_dim", work_.attention.qk_dim));
    inputs.emplace_back("v_dim", shape_("v_dim", work_.attention.v_dim));
    return inputs;
  }

  Why compute_time() const {
    const PrefillAttentionRates& r = device_.rates().prefill;
    WhyInputs inputs = with_dims();
    inputs.emplace_back("kv_mean", shape_("kv_mean", work_.attention.kv_tokens));
    inputs.emplace_back("extra_context", rate("extra_context", r.extra_context));
    inputs.emplace_back("extra_dim", rate("extra_dim", r.extra_dim));
    inputs.emplace_back("exponentials", rate("exponentials", r.exponentials));
    inputs.emplace_back("peak", gpu_peak_why(device_.gpu(), device_.compute_format(work_.compute)));
    inputs.emplace_back("flop_fraction", rate("flop_fraction", r.flop_fraction));
    return derive(formulas::kPrefillComputeTime, "compute time", std::move(inputs));
  }

  Why memory_time() const {
    WhyInputs inputs = with_dims();
    inputs.emplace_back("kv_heads", shape_("kv_heads", work_.attention.kv_heads));
    inputs.emplace_back("memory_passes",
                        rate("memory_passes", device_.rates().prefill.memory_passes));
    inputs.emplace_back("bandwidth", gpu_bandwidth_why(device_.gpu()));
    return derive(formulas::kPrefillMemoryTime, "memory time", std::move(inputs));
  }

  Why score_time() const {
    const KernelRates& rates = device_.rates();
    WhyInputs inputs = queries();
    inputs.emplace_back("score_bytes",
                        engine_why(engine_, "score_bytes", style_.score_bytes.in(units::B), "B"));
    inputs.emplace_back("kv_mean", shape_("kv_mean", work_.attention.kv_tokens));
    inputs.emplace_back(
        "rows", constant_why("rows", style_.score_rows, "tokens", "most prompt tokens of a step"));
    inputs.emplace_back("bandwidth", gpu_bandwidth_why(device_.gpu()));
    inputs.emplace_back("memory_fraction", rate_why(rates, "memory", "memory_fraction",
                                                    rates.memory.memory_fraction, {}));
    return derive(formulas::kScoreTime, "traffic of the scores", std::move(inputs));
  }

  const Device& device_;
  const KernelStyle& style_;
  const EngineProfile& engine_;
  const KernelWork& work_;
  const ShapeWhy& shape_;
};

}  // namespace

Why why_prefill_attention(const Device& device, const KernelStyle& style,
                          const EngineProfile& engine, const KernelWork& work,
                          const ShapeWhy& shape) {
  return PrefillWhy(device, style, engine, work, shape).time();
}

}  // namespace gpusize
