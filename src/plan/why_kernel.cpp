#include "plan/why_kernel.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/hw/formulas.hpp"
#include "plan/why_bare_kernels.hpp"
#include "plan/why_facts.hpp"
#include "plan/why_prefill.hpp"

namespace gpusize {
namespace {

/// One kernel with everything its formulas ask for.
class KernelWhy {
 public:
  KernelWhy(const Device& device, const KernelStyle& style, const EngineProfile& engine,
            const KernelWork& work, const ShapeWhy& shape, SharedWhys& shared)
      : device_(device),
        style_(style),
        engine_(engine),
        work_(work),
        shape_(shape),
        shared_(shared) {}

  Why time() const {
    switch (work_.cls) {
      case KernelClass::kGemm: return gemm();
      case KernelClass::kGroupedGemm: return grouped_gemm();
      case KernelClass::kPrefillAttention:
        return why_prefill_attention(device_, style_, engine_, work_, shape_);
      case KernelClass::kDecodeAttention: return decode_attention();
      case KernelClass::kMemory: return elementwise();
      case KernelClass::kCollective: break;
    }
    const Why alone = why_collective(device_, work_.collective, style_.one_shot_limit, shape_);
    if (style_.collective_wait <= Seconds{}) return alone;
    return derive(formulas::kCollectiveInStep, "time with the wait for the last GPU",
                  {{"collective_time", alone},
                   {"wait", engine_why(engine_, "collective_wait_us",
                                       style_.collective_wait.in(units::s), "s")}});
  }

 private:
  /// A formula over reasons that other kernels may have stated already.
  [[nodiscard]] Why derive(const Formula& formula, std::string label, WhyInputs inputs,
                           std::string note = {}) const {
    for (auto& [symbol, why] : inputs) why = shared_.once(why);
    return gpusize::derive(formula, std::move(label), std::move(inputs), std::move(note));
  }

  [[nodiscard]] const KernelRates& rates() const { return device_.rates(); }
  [[nodiscard]] Dtype dtype() const { return device_.compute_format(work_.compute); }
  [[nodiscard]] Why bandwidth() const { return gpu_bandwidth_why(device_.gpu()); }
  [[nodiscard]] Why peak() const { return gpu_peak_why(device_.gpu(), dtype()); }
  [[nodiscard]] Why bytes(std::string_view symbol, Bytes value) const {
    return shape_(symbol, value.in(units::B));
  }

  Why gemm_rate(std::string_view key, double value, std::string unit = {}) const {
    return rate_why(rates(), "gemm", key, value, std::move(unit));
  }
  Why format_rate(std::string_view key, double value) const {
    return gemm_rate(fmt::format("{}.{}", name_of(dtype()), key), value);
  }

  Why sixteen_bit_peak() const {
    const bool bf16 = device_.format(Dtype::kBf16).present;
    return gpu_peak_why(device_.gpu(), bf16 ? Dtype::kBf16 : Dtype::kFp16);
  }

  Why unit_ratio() const {
    const double reference = rates().gemm.reference_unit_tflops;
    if (reference <= 0.0)
      return constant_why("unit_ratio", device_.unit_ratio(), "",
                          "the rates name no reference card");
    return derive(formulas::kUnitRatio, "peak per unit against the fitted card",
                  {{"peak", sixteen_bit_peak()},
                   {"units", gpu_units_why(device_.gpu(), device_.units())},
                   {"reference_unit", gemm_rate("reference_unit", reference * 1e12, "FLOP/s")}});
  }

  Why power_ratio() const {
    const double reference = rates().gemm.reference_gflops_per_watt;
    if (reference <= 0.0 || !device_.gpu().tdp)
      return constant_why("power_ratio", device_.power_ratio(), "",
                          "no reference card or no TDP is known");
    return derive(formulas::kPowerRatio, "peak per watt against the fitted card",
                  {{"peak", sixteen_bit_peak()},
                   {"tdp", gpu_fact_why(device_.gpu(), "tdp_w")},
                   {"reference_watt", gemm_rate("reference_watt", reference * 1e9, "FLOP/J")}});
  }

  Why scaled_fraction(const GemmDtypeRates& format) const {
    const bool scaled = bits_of(work_.weight) < 16.0 && bits_of(dtype()) < 16.0;
    return scaled ? format_rate("scaled_fraction", format.scaled_fraction)
                  : constant_why("scaled_fraction", 1.0, "", "operands carry no scales");
  }

  /// A ratio of the engine profile; profiles leave out what is 1.
  Why style_rate(std::string_view key, double value) const {
    if (engine_.fact(key) == nullptr)
      return constant_why(std::string(key), value, "ratio", "the engine profile states none");
    return engine_why(engine_, key, value, "ratio");
  }

  Why ideal_time() const {
    return derive(formulas::kGemmIdealTime, "ideal time",
                  {{"m", shape_("m", work_.gemm.m)},
                   {"n", shape_("n", work_.gemm.n)},
                   {"k", shape_("k", work_.gemm.k)},
                   {"peak", peak()}});
  }

  /// Throttling sets in with the duration; without a time constant there is none.
  Why throttle(Why stated) const {
    if (rates().gemm.throttle_time > Seconds{}) return stated;
    return constant_why("throttle", 0.0, "", "the rates name no throttling time");
  }
  Why throttle_time() const {
    return gemm_rate("throttle_time", rates().gemm.throttle_time.in(units::s), "s");
  }

  Why gemm_memory_time(Why memory_fraction) const {
    return derive(formulas::kGemmMemoryTime, "memory time",
                  {{"weight_bytes", bytes("weight_bytes", work_.weight_bytes)},
                   {"activation_bytes", bytes("activation_bytes", work_.activation_bytes)},
                   {"bandwidth", bandwidth()},
                   {"memory_fraction", std::move(memory_fraction)},
                   {"widened_fraction", widened_fraction()}});
  }

  Why widened_fraction() const {
    return device_.widens(work_) ? gemm_rate("widened_fraction", rates().gemm.widened_fraction)
                                 : constant_why("widened_fraction", 1.0, "",
                                                "weights are multiplied as they are stored");
  }

  Why gemm_compute_time(const GemmDtypeRates& format) const {
    const GemmRates& r = rates().gemm;
    const Why fraction =
        derive(formulas::kGemmFraction, "share of the peak",
               {{"flop_fraction", format_rate("flop_fraction", format.flop_fraction)},
                {"unit_ratio", unit_ratio()},
                {"scaled_fraction", scaled_fraction(format)},
                {"gemm_rate", style_rate("gemm_rate", style_.gemm_rate)}});
    return derive(formulas::kGemmComputeTime, "compute time",
                  {{"m", shape_("m", work_.gemm.m)},
                   {"n", shape_("n", work_.gemm.n)},
                   {"k", shape_("k", work_.gemm.k)},
                   {"fill_depth", format_rate("fill_depth", format.fill_depth)},
                   {"unit_ratio", unit_ratio()},
                   {"tile_fraction", gemm_rate("tile_fraction", r.tile_fraction)},
                   {"units", gpu_units_why(device_.gpu(), device_.units())},
                   {"peak", peak()},
                   {"fraction", fraction},
                   {"duty", gemm_rate("duty", r.duty)},
                   {"power_ratio", power_ratio()},
                   {"throttle", throttle(gemm_rate("throttle", r.throttle))},
                   {"ideal", ideal_time()},
                   {"throttle_time", throttle_time()}});
  }

  [[nodiscard]] BareGemmWhys bare_gemm() const {
    return {peak(),          gpu_units_why(device_.gpu(), device_.units()),
            power_ratio(),   ideal_time(),
            throttle_time(), format_rate("fill_depth", device_.format(dtype()).rates.fill_depth)};
  }

  Why gemm() const {
    const GemmRates& r = rates().gemm;
    const bool eight_bits = dtype() == Dtype::kFp8 && work_.weight == Dtype::kFp8;
    if (style_.row_scaled_gemm && rates().row_scaled && eight_bits) {
      const Why memory =
          rate_why(rates(), "memory", "memory_fraction", rates().memory.memory_fraction, {});
      return why_row_scaled_gemm(rates(), style_, shape_, work_.gemm,
                                 bytes("weight_bytes", work_.weight_bytes),
                                 gemm_memory_time(memory), bare_gemm());
    }
    const GemmDtypeRates& format = device_.format(dtype()).rates;
    return derive(
        formulas::kGemmTime, "GEMM time",
        {{"launch", gemm_rate("launch", r.launch.in(units::s), "s")},
         {"per_depth_byte", gemm_rate("per_depth_byte", r.per_depth_byte.in(units::s), "s")},
         {"operand_bytes",
          constant_why("operand_bytes", bytes_of(dtype()), "B", "bytes of one operand")},
         {"k", shape_("k", work_.gemm.k)},
         {"depth_saturation", gemm_rate("depth_saturation", r.depth_saturation)},
         {"memory_time", gemm_memory_time(format_rate("memory_fraction", format.memory_fraction))},
         {"compute_time", gemm_compute_time(format)},
         {"blend", gemm_rate("blend_exponent", r.blend)}},
        fmt::format("multiplied in {}", name_of(dtype())));
  }

  Why grouped_rate(std::string_view key, double value, std::string unit = {}) const {
    return rate_why(rates(), "grouped_gemm", key, value, std::move(unit));
  }

  Why grouped_compute_time() const {
    const GroupedGemmRates& r = rates().grouped;
    const GemmDtypeRates& format = device_.format(dtype()).rates;
    const double sixteen = std::max(device_.format(Dtype::kBf16).rates.flop_fraction, 1e-9);
    const Why fraction =
        derive(formulas::kGroupedFraction, "share of the peak",
               {{"flop_fraction", grouped_rate("flop_fraction", r.flop_fraction)},
                {"gemm_fraction", format_rate("flop_fraction", format.flop_fraction)},
                {"gemm_fraction_bf16", gemm_rate("bf16.flop_fraction", sixteen)},
                {"scaled_fraction", scaled_fraction(format)},
                {"gemm_rate", style_rate("gemm_rate", style_.gemm_rate)}});
    return derive(formulas::kGroupedComputeTime, "compute time",
                  {{"m", shape_("m", work_.gemm.m)},
                   {"n", shape_("n", work_.gemm.n)},
                   {"k", shape_("k", work_.gemm.k)},
                   {"fill_depth", grouped_rate("fill_depth", r.fill_depth)},
                   {"groups", shape_("groups", work_.gemm.groups)},
                   {"pad_rows", grouped_rate("pad_rows", r.pad_rows)},
                   {"peak", peak()},
                   {"fraction", fraction},
                   {"power_ratio", power_ratio()},
                   {"throttle", throttle(grouped_rate("throttle", r.throttle))},
                   {"ideal", ideal_time()},
                   {"throttle_time", throttle_time()}});
  }

  Why grouped_gemm() const {
    const GroupedGemmRates& r = rates().grouped;
    if (style_.unfused_experts && rates().unfused_experts && !work_.equal_groups) {
      return why_unfused_grouped_gemm(
          rates(), shape_, work_.gemm,
          gemm_memory_time(grouped_rate("memory_fraction", r.memory_fraction)), bare_gemm());
    }
    const Why launch = work_.equal_groups
                           ? gemm_rate("launch", rates().gemm.launch.in(units::s), "s")
                           : grouped_rate("launch", r.launch.in(units::s), "s");
    return derive(
        formulas::kGroupedTime, "grouped GEMM time",
        {{"launch", launch},
         {"memory_time", gemm_memory_time(grouped_rate("memory_fraction", r.memory_fraction))},
         {"compute_time", grouped_compute_time()},
         {"blend", grouped_rate("blend_exponent", r.blend)}},
        fmt::format("multiplied in {}", name_of(dtype())));
  }

  Why unsplit_decode() const {
    const UnsplitDecodeRates& r = *rates().unsplit_decode;
    const AttentionShape& a = work_.attention;
    const auto rate = [&](std::string_view key, double value, std::string unit = {}) {
      return rate_why(rates(), "unsplit_decode_attention", key, value, std::move(unit));
    };
    const Why memory =
        derive(formulas::kDecodeMemoryTime, "memory time",
               {{"kv_bytes", bytes("kv_bytes", work_.kv_bytes)},
                {"activation_bytes", bytes("activation_bytes", work_.activation_bytes)},
                {"bandwidth", bandwidth()},
                {"memory_fraction", rate("memory_fraction", r.memory_fraction)}});
    const double blocks = a.sequences * a.kv_heads;
    const bool splits = blocks < 1.6 * device_.units();
    const Why walk =
        splits ? constant_why("walk_time", 0.0, "s", "few blocks: keys are split over the SMs")
               : derive(formulas::kUnsplitWalkTime, "walk of one SM",
                        {{"blocks",
                          constant_why("blocks", blocks, "", "sequences x kv heads on this GPU")},
                         {"units", gpu_units_why(device_.gpu(), device_.units())},
                         {"per_block", rate("per_block", r.per_block.in(units::s), "s")},
                         {"kv_read", shape_("kv_read", a.kv_read_tokens)},
                         {"qk_dim", shape_("qk_dim", a.qk_dim)},
                         {"v_dim", shape_("v_dim", a.v_dim)},
                         {"per_block_token",
                          rate("per_block_token", r.per_block_token.in(units::s), "s")}});
    return derive(formulas::kUnsplitDecodeTime, "attention time",
                  {{"launch", rate("launch", r.launch.in(units::s), "s")},
                   {"memory_time", memory},
                   {"walk_time", walk},
                   {"latency", rate("latency", r.latency.in(units::s), "s")},
                   {"kv_read", shape_("kv_read", a.kv_read_tokens)}});
  }

  Why lone_decode() const {
    const DecodeAttentionRates& r = rates().decode;
    const AttentionShape& a = work_.attention;
    const auto rate = [&](std::string_view key, double value, std::string unit = {}) {
      return rate_why(rates(), "decode_attention", key, value, std::move(unit));
    };
    const Why memory = derive(
        formulas::kDecodeMemoryTime, "memory time",
        {{"kv_bytes", bytes("kv_bytes", work_.kv_bytes)},
         {"activation_bytes", bytes("activation_bytes", work_.activation_bytes)},
         {"bandwidth", bandwidth()},
         {"memory_fraction",
          rate_why(rates(), "memory", "memory_fraction", rates().memory.memory_fraction, {})}});
    const Why sms = gpu_units_why(device_.gpu(), device_.units());
    const Why cache = derive(formulas::kLoneReadTime, "reads of the SMs from cache",
                             {{"kv_bytes", bytes("kv_bytes", work_.kv_bytes)},
                              {"heads", shape_("heads", a.query_heads)},
                              {"kv_heads", shape_("kv_heads", a.kv_heads)},
                              {"units", sms},
                              {"lone_token", engine_why(engine_, "lone_token_ns",
                                                        style_.lone_token.in(units::s), "s")}});
    return derive(formulas::kLoneDecodeTime, "attention time",
                  {{"launch", rate("launch", r.launch.in(units::s), "s")},
                   {"memory_time", memory},
                   {"cache_time", cache},
                   {"per_block", rate("per_block", r.per_block.in(units::s), "s")},
                   {"sequences", shape_("sequences", a.sequences)},
                   {"heads", shape_("heads", a.query_heads)},
                   {"units", sms},
                   {"latency", rate("latency", r.latency.in(units::s), "s")},
                   {"kv_read", shape_("kv_read", a.kv_read_tokens)}});
  }

  Why decode_attention() const {
    const AttentionShape& a = work_.attention;
    const bool latent = a.shared_kv;
    if (reads_lone_heads(a, style_)) return lone_decode();
    if (!latent && style_.unsplit_decode && rates().unsplit_decode) return unsplit_decode();
    const DecodeAttentionRates& r = latent ? rates().latent_decode : rates().decode;
    const auto rate = [&](std::string_view key, double value, std::string unit = {}) {
      return rate_why(rates(), latent ? "latent_decode_attention" : "decode_attention", key, value,
                      std::move(unit));
    };
    const Why memory =
        derive(formulas::kDecodeMemoryTime, "memory time",
               {{"kv_bytes", bytes("kv_bytes", work_.kv_bytes)},
                {"activation_bytes", bytes("activation_bytes", work_.activation_bytes)},
                {"bandwidth", bandwidth()},
                {"memory_fraction", rate("memory_fraction", r.memory_fraction)}});
    const Why compute = derive(formulas::kDecodeComputeTime, "compute time",
                               {{"flops", shape_("flops", work_.flops.in(units::FLOP))},
                                {"peak", peak()},
                                {"flop_fraction", rate("flop_fraction", r.flop_fraction)}});
    WhyInputs inputs{{"launch", rate("launch", r.launch.in(units::s), "s")},
                     {"memory_time", memory},
                     {"compute_time", compute},
                     {"per_block", rate("per_block", r.per_block.in(units::s), "s")},
                     {"sequences", shape_("sequences", a.sequences)},
                     {"units", gpu_units_why(device_.gpu(), device_.units())},
                     {"latency", rate("latency", r.latency.in(units::s), "s")},
                     {"kv_read", shape_("kv_read", a.kv_read_tokens)}};
    if (latent) {
      inputs.emplace_back("heads", shape_("heads", a.query_heads));
      return derive(formulas::kLatentDecodeTime, "attention time", std::move(inputs));
    }
    inputs.emplace_back("kv_heads", shape_("kv_heads", a.kv_heads));
    return derive(formulas::kDecodeTime, "attention time", std::move(inputs));
  }

  Why elementwise() const {
    const ExpertShape& experts = work_.experts;
    const bool unfused = style_.unfused_experts && rates().unfused_experts;
    if (!unfused || experts.copies + experts.moved_elements <= 0.0) return fused_elementwise();
    return why_unfused_operators(*rates().unfused_experts, rates(), experts, fused_elementwise(),
                                 gpu_units_why(device_.gpu(), device_.units()));
  }

  Why fused_elementwise() const {
    const MemoryRates& r = rates().memory;
    const auto rate = [&](std::string_view key, double value, std::string unit = {}) {
      return rate_why(rates(), "memory", key, value, std::move(unit));
    };
    WhyInputs inputs{{"launches", shape_("launches", work_.launches)},
                     {"kernels", kernels_per_operator()},
                     {"launch", rate("launch", r.launch.in(units::s), "s")},
                     {"row_reduction", style_rate("row_reduction", style_.row_reduction)},
                     {"row", shape_("row", work_.row_elements)},
                     {"per_row", rate("per_row_element", r.per_row_element.in(units::s), "s")}};
    const Bytes moved = work_.weight_bytes + work_.activation_bytes + work_.kv_bytes;
    if (moved <= Bytes{})
      return derive(formulas::kLaunchTime, "elementwise time", std::move(inputs));
    inputs.emplace_back("bytes", elementwise_bytes());
    inputs.emplace_back("bandwidth", bandwidth());
    inputs.emplace_back("memory_fraction", rate("memory_fraction", r.memory_fraction));
    inputs.emplace_back("l2_fraction", rate("l2_fraction", r.l2_fraction));
    inputs.emplace_back("l2", gpu_l2_why(device_.gpu(), device_.l2_bytes()));
    return derive(formulas::kMemoryTime, "elementwise time", std::move(inputs));
  }

  Why kernels_per_operator() const {
    if (work_.quantises)
      return engine_why(engine_, "quantise_launches", style_.quantise_launches, "ratio");
    if (work_.routes && engine_.routing_launches > 0.0)
      return engine_why(engine_, "routing_launches", style_.routing_launches, "ratio");
    return engine_why(engine_, "elementwise_launches", style_.elementwise_launches, "ratio");
  }

  Why elementwise_bytes() const {
    return derive(formulas::kMemoryBytes, "bytes moved",
                  {{"weight_bytes", bytes("weight_bytes", work_.weight_bytes)},
                   {"activation_bytes", bytes("activation_bytes", work_.activation_bytes)},
                   {"kv_bytes", bytes("kv_bytes", work_.kv_bytes)},
                   {"traffic", engine_why(engine_, "elementwise_traffic",
                                          style_.elementwise_traffic, "ratio")},
                   {"kernels", kernels_per_operator()}});
  }

  const Device& device_;
  const KernelStyle& style_;
  const EngineProfile& engine_;
  const KernelWork& work_;
  const ShapeWhy& shape_;
  SharedWhys& shared_;
};

}  // namespace

Why why_kernel(const Device& device, const KernelStyle& style, const EngineProfile& engine,
               const KernelWork& work, const ShapeWhy& shape, SharedWhys& shared) {
  const Why time = KernelWhy(device, style, engine, work, shape, shared).time();
  if (style.eager_launch <= Seconds{}) return time;
  const bool common = style.eager_launch == engine.eager_launch;
  const char* fact = common ? "eager_launch_us" : "latent_eager_launch_us";
  return derive(formulas::kEagerTime, "time with host launches",
                {{"kernel_time", time},
                 {"launches", shape("launches", work.launches)},
                 {"eager_launch",
                  shared.once(engine_why(engine, fact, style.eager_launch.in(units::s), "s"))}});
}

}  // namespace gpusize
