#include "plan/why_bare_kernels.hpp"

#include "gpusize/hw/formulas.hpp"
#include "plan/why_facts.hpp"

namespace gpusize {
namespace {

WhyInputs shape_inputs(const ShapeWhy& shape, const GemmShape& gemm) {
  return {{"m", shape("m", gemm.m)}, {"n", shape("n", gemm.n)}, {"k", shape("k", gemm.k)}};
}

/// Throttling sets in with the duration; without a time constant there is none.
Why throttle_why(const KernelRates& rates, std::string_view group, double throttle) {
  if (rates.gemm.throttle_time > Seconds{}) return rate_why(rates, group, "throttle", throttle, {});
  return constant_why("throttle", 0.0, "", "the rates name no throttling time");
}

void add_machine(WhyInputs& inputs, const BareGemmWhys& whys) {
  inputs.emplace_back("peak", whys.peak);
  inputs.emplace_back("power_ratio", whys.power_ratio);
  inputs.emplace_back("ideal", whys.ideal);
  inputs.emplace_back("throttle_time", whys.throttle_time);
}

}  // namespace

Why why_row_scaled_gemm(const KernelRates& rates, const KernelStyle& style, const ShapeWhy& shape,
                        const GemmShape& gemm, const Why& weight_bytes, const Why& memory_time,
                        const BareGemmWhys& whys) {
  const RowScaledGemmRates& r = *rates.row_scaled;
  constexpr std::string_view kGroup = "row_scaled_gemm";
  WhyInputs compute = shape_inputs(shape, gemm);
  add_machine(compute, whys);
  compute.emplace_back("units", whys.units);
  compute.emplace_back("fill_depth", whys.fill_depth);
  compute.emplace_back("flop_fraction",
                       style.fast_sums
                           ? rate_why(rates, kGroup, "fast_flop_fraction", r.fast_flop_fraction, {})
                           : rate_why(rates, kGroup, "flop_fraction", r.flop_fraction, {}));
  compute.emplace_back("throttle", throttle_why(rates, kGroup, r.throttle));
  const bool streams = !style.fast_sums && rates.unfused_experts;
  const Why stream =
      streams
          ? derive(formulas::kRowScaledStreamTime, "what the SMs can stream",
                   {{"weight_bytes", weight_bytes},
                    {"units", whys.units},
                    {"per_depth", rate_why(rates, "unfused_experts", "per_depth",
                                           rates.unfused_experts->per_depth.in(units::s), "s")}})
          : constant_why("stream_time", 0.0, "s", "SMs share the tiles that they read");
  return derive(formulas::kRowScaledTime, "row-scaled GEMM time",
                {{"launch", rate_why(rates, "gemm", "launch", rates.gemm.launch.in(units::s), "s")},
                 {"memory_time", memory_time},
                 {"compute_time",
                  derive(formulas::kRowScaledComputeTime, "compute time", std::move(compute))},
                 {"stream_time", stream},
                 {"blend", rate_why(rates, "gemm", "blend_exponent", rates.gemm.blend, {})}},
                style.fast_sums ? "sums kept in fewer bits" : "sums kept in full");
}

Why why_unfused_grouped_gemm(const KernelRates& rates, const ShapeWhy& shape, const GemmShape& gemm,
                             const Why& memory_time, const BareGemmWhys& whys) {
  const UnfusedExpertRates& r = *rates.unfused_experts;
  const auto rate = [&](std::string_view key, double value, std::string unit = {}) {
    return rate_why(rates, "unfused_experts", key, value, std::move(unit));
  };
  const Why groups = shape("groups", gemm.groups);
  WhyInputs compute = shape_inputs(shape, gemm);
  add_machine(compute, whys);
  compute.emplace_back("groups", groups);
  compute.emplace_back("fill_depth",
                       rate_why(rates, "grouped_gemm", "fill_depth", rates.grouped.fill_depth, {}));
  compute.emplace_back("pad_rows", rate("pad_rows", r.pad_rows));
  compute.emplace_back("flop_fraction", rate_why(rates, "grouped_gemm", "flop_fraction",
                                                 rates.grouped.flop_fraction, {}));
  compute.emplace_back("throttle", throttle_why(rates, "grouped_gemm", rates.grouped.throttle));
  const Why walk = derive(formulas::kUnfusedWalkTime, "walk of one SM",
                          {{"groups", groups},
                           {"n", shape("n", gemm.n)},
                           {"units", whys.units},
                           {"k", shape("k", gemm.k)},
                           {"per_depth", rate("per_depth", r.per_depth.in(units::s), "s")}});
  return derive(
      formulas::kUnfusedTime, "grouped GEMM time",
      {{"launch", rate("launch", r.launch.in(units::s), "s")},
       {"memory_time", memory_time},
       {"compute_time", derive(formulas::kUnfusedComputeTime, "compute time", std::move(compute))},
       {"walk_time", walk},
       {"blend", rate_why(rates, "grouped_gemm", "blend_exponent", rates.grouped.blend, {})}});
}

Why why_unfused_operators(const UnfusedExpertRates& experts, const KernelRates& rates,
                          const ExpertShape& shape, const Why& memory_kernels, const Why& units) {
  const auto rate = [&](std::string_view key, double value, std::string unit = {}) {
    return rate_why(rates, "unfused_experts", key, value, std::move(unit));
  };
  return derive(
      formulas::kUnfusedOperators, "time of the kernels around experts",
      {{"memory_kernels", memory_kernels},
       {"sort", rate("sort", experts.sort.in(units::s), "s")},
       {"copies", constant_why("copies", shape.copies, "", "copies of tokens, sorted by expert")},
       {"choices", constant_why("choices", shape.choices, "", "tokens x experts to choose from")},
       {"per_choice", rate("per_choice", experts.per_choice.in(units::s), "s")},
       {"moved_elements", constant_why("moved_elements", shape.moved_elements, "",
                                       "hidden size x (copies moved + 2 x tokens summed)")},
       {"units", units},
       {"per_element", rate("per_element", experts.per_element.in(units::s), "s")}});
}

}  // namespace gpusize
