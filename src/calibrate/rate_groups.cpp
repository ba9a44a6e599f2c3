#include "calibrate/rate_groups.hpp"

#include <array>

namespace gpusize::calibrate {
namespace {

// Bounds: a fraction of a datasheet figure is at most one; the others are far beyond what any card
// has shown, so that a fit at a bound means rows that do not fit the formula.
constexpr double kLeastFraction = 0.05;
constexpr double kMostLaunchUs = 200.0;

using R = KernelRates;

constexpr std::array<RateParameter, 3> kMemory{{
    {"launch_us", "us", 0.0, kMostLaunchUs, 1.0,
     [](const R& r, Dtype) { return r.memory.launch.in(units::us); },
     [](R& r, Dtype, double v) { r.memory.launch = v * units::us; }},
    {"memory_fraction", "of bandwidth", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype) { return r.memory.memory_fraction; },
     [](R& r, Dtype, double v) { r.memory.memory_fraction = v; }},
    {"per_row_element_us", "us", 0.0, 0.1, 5e-4,
     [](const R& r, Dtype) { return r.memory.per_row_element.in(units::us); },
     [](R& r, Dtype, double v) { r.memory.per_row_element = v * units::us; }},
}};

constexpr std::array<RateParameter, 4> kGemm{{
    {"launch_us", "us", 0.0, kMostLaunchUs, 1.0,
     [](const R& r, Dtype) { return r.gemm.launch.in(units::us); },
     [](R& r, Dtype, double v) { r.gemm.launch = v * units::us; }},
    {"per_depth_byte_us", "us", 0.0, 0.01, 1e-4,
     [](const R& r, Dtype) { return r.gemm.per_depth_byte.in(units::us); },
     [](R& r, Dtype, double v) { r.gemm.per_depth_byte = v * units::us; }},
    {"tile_fraction", "tiles", 0.0, 3.0, 0.1,
     [](const R& r, Dtype) { return r.gemm.tile_fraction; },
     [](R& r, Dtype, double v) { r.gemm.tile_fraction = v; }},
    {"throttle", "ratio", 0.0, 3.0, 0.2, [](const R& r, Dtype) { return r.gemm.throttle; },
     [](R& r, Dtype, double v) { r.gemm.throttle = v; }},
}};

constexpr std::array<RateParameter, 3> kGemmFormat{{
    {"memory_fraction", "of bandwidth", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype d) { return r.gemm.by_dtype.at(d).memory_fraction; },
     [](R& r, Dtype d, double v) { r.gemm.by_dtype.at(d).memory_fraction = v; }},
    {"flop_fraction", "of dense peak", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype d) { return r.gemm.by_dtype.at(d).flop_fraction; },
     [](R& r, Dtype d, double v) { r.gemm.by_dtype.at(d).flop_fraction = v; }},
    {"fill_depth", "k", 0.0, 5000.0, 100.0,
     [](const R& r, Dtype d) { return r.gemm.by_dtype.at(d).fill_depth; },
     [](R& r, Dtype d, double v) { r.gemm.by_dtype.at(d).fill_depth = v; }},
}};

constexpr std::array<RateParameter, 5> kGrouped{{
    {"launch_us", "us", 0.0, kMostLaunchUs, 2.0,
     [](const R& r, Dtype) { return r.grouped.launch.in(units::us); },
     [](R& r, Dtype, double v) { r.grouped.launch = v * units::us; }},
    {"memory_fraction", "of bandwidth", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype) { return r.grouped.memory_fraction; },
     [](R& r, Dtype, double v) { r.grouped.memory_fraction = v; }},
    {"flop_fraction", "of dense peak", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype) { return r.grouped.flop_fraction; },
     [](R& r, Dtype, double v) { r.grouped.flop_fraction = v; }},
    {"pad_rows", "rows", 0.0, 512.0, 16.0, [](const R& r, Dtype) { return r.grouped.pad_rows; },
     [](R& r, Dtype, double v) { r.grouped.pad_rows = v; }},
    {"fill_depth", "k", 0.0, 5000.0, 100.0, [](const R& r, Dtype) { return r.grouped.fill_depth; },
     [](R& r, Dtype, double v) { r.grouped.fill_depth = v; }},
}};

constexpr std::array<RateParameter, 4> kPrefill{{
    {"launch_us", "us", 0.0, kMostLaunchUs, 2.0,
     [](const R& r, Dtype) { return r.prefill.launch.in(units::us); },
     [](R& r, Dtype, double v) { r.prefill.launch = v * units::us; }},
    {"flop_fraction", "of dense peak", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype) { return r.prefill.flop_fraction; },
     [](R& r, Dtype, double v) { r.prefill.flop_fraction = v; }},
    {"extra_context_tokens", "tokens", 0.0, 5000.0, 100.0,
     [](const R& r, Dtype) { return r.prefill.extra_context; },
     [](R& r, Dtype, double v) { r.prefill.extra_context = v; }},
    {"per_kv_token_us", "us", 0.0, 1.0, 0.005,
     [](const R& r, Dtype) { return r.prefill.per_kv_token.in(units::us); },
     [](R& r, Dtype, double v) { r.prefill.per_kv_token = v * units::us; }},
}};

template <DecodeAttentionRates R::*Member>
constexpr std::array<RateParameter, 5> kDecodeOf{{
    {"launch_us", "us", 0.0, kMostLaunchUs, 2.0,
     [](const R& r, Dtype) { return (r.*Member).launch.in(units::us); },
     [](R& r, Dtype, double v) { (r.*Member).launch = v * units::us; }},
    {"memory_fraction", "of bandwidth", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype) { return (r.*Member).memory_fraction; },
     [](R& r, Dtype, double v) { (r.*Member).memory_fraction = v; }},
    {"flop_fraction", "of dense peak", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype) { return (r.*Member).flop_fraction; },
     [](R& r, Dtype, double v) { (r.*Member).flop_fraction = v; }},
    {"latency_us", "us", 0.0, 10.0, 0.05,
     [](const R& r, Dtype) { return (r.*Member).latency.in(units::us); },
     [](R& r, Dtype, double v) { (r.*Member).latency = v * units::us; }},
    {"per_block_us", "us", 0.0, 100.0, 0.5,
     [](const R& r, Dtype) { return (r.*Member).per_block.in(units::us); },
     [](R& r, Dtype, double v) { (r.*Member).per_block = v * units::us; }},
}};

template <CollectiveAlgorithm CollectiveRates::*Member>
constexpr std::array<RateParameter, 4> kAlgorithmOf{{
    {"launch_us", "us", 0.0, kMostLaunchUs, 2.0,
     [](const R& r, Dtype) { return (r.collective.*Member).launch.in(units::us); },
     [](R& r, Dtype, double v) { (r.collective.*Member).launch = v * units::us; }},
    {"per_rank_us", "us", 0.0, kMostLaunchUs, 0.5,
     [](const R& r, Dtype) { return (r.collective.*Member).per_rank.in(units::us); },
     [](R& r, Dtype, double v) { (r.collective.*Member).per_rank = v * units::us; }},
    {"link_fraction", "of link bandwidth", kLeastFraction, 1.0, 0.1,
     [](const R& r, Dtype) { return (r.collective.*Member).link_fraction; },
     [](R& r, Dtype, double v) { (r.collective.*Member).link_fraction = v; }},
    {"ramp_ns", "ns", 0.0, 1000.0, 2.0,
     [](const R& r, Dtype) { return (r.collective.*Member).ramp.in(units::ns); },
     [](R& r, Dtype, double v) { (r.collective.*Member).ramp = v * units::ns; }},
}};

template <KernelClass Class>
bool is_class(const KernelWork& work) {
  return work.cls == Class;
}

constexpr auto kGroups = std::to_array<RateGroup>({
    {"memory", is_class<KernelClass::kMemory>, kMemory, {}},
    {"gemm", is_class<KernelClass::kGemm>, kGemm, kGemmFormat},
    {"grouped_gemm", is_class<KernelClass::kGroupedGemm>, kGrouped, {}},
    {"prefill_attention", is_class<KernelClass::kPrefillAttention>, kPrefill, {}},
    {"decode_attention",
     [](const KernelWork& w) {
       return w.cls == KernelClass::kDecodeAttention && !w.attention.shared_kv;
     },
     kDecodeOf<&R::decode>,
     {}},
    {"latent_decode_attention",
     [](const KernelWork& w) {
       return w.cls == KernelClass::kDecodeAttention && w.attention.shared_kv;
     },
     kDecodeOf<&R::latent_decode>,
     {}},
    {"collective.all_reduce",
     [](const KernelWork& w) {
       return w.cls == KernelClass::kCollective && w.collective.kind == CollectiveKind::kAllReduce;
     },
     kAlgorithmOf<&CollectiveRates::all_reduce>,
     {}},
    {"collective.other",
     [](const KernelWork& w) {
       return w.cls == KernelClass::kCollective && w.collective.kind != CollectiveKind::kAllReduce;
     },
     kAlgorithmOf<&CollectiveRates::other>,
     {}},
});

}  // namespace

std::span<const RateGroup> rate_groups() { return kGroups; }

}  // namespace gpusize::calibrate
