// Kernel rates as the text of a catalog file (schema gpusize.rates/v1).

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibrate/overlay_text.hpp"
#include "gpusize/calibrate/fit_rates.hpp"

namespace gpusize {
namespace {

using calibrate::number_text;
using calibrate::yaml_text;

std::string us(Seconds time) { return number_text(time.in(units::us)); }

std::string gemm_text(const GemmRates& g) {
  std::string out = fmt::format(
      "gemm:\n  launch_us: {}\n  per_depth_byte_us: {}\n  widened_fraction: {}\n"
      "  depth_saturation: {}\n  blend_exponent: {}\n  tile_fraction: {}\n  throttle: {}\n"
      "  throttle_time_us: {}\n  duty: {}\n  formats:\n",
      us(g.launch), us(g.per_depth_byte), number_text(g.widened_fraction),
      number_text(g.depth_saturation), number_text(g.blend), number_text(g.tile_fraction),
      number_text(g.throttle), us(g.throttle_time), number_text(g.duty));
  for (const auto& [dtype, f] : g.by_dtype) {
    out += fmt::format(
        "    {}: {{memory_fraction: {}, flop_fraction: {}, fill_depth: {}, scaled_fraction: {}}}\n",
        name_of(dtype), number_text(f.memory_fraction), number_text(f.flop_fraction),
        number_text(f.fill_depth), number_text(f.scaled_fraction));
  }
  return out;
}

std::string decode_text(std::string_view name, const DecodeAttentionRates& d) {
  return fmt::format(
      "{}: {{launch_us: {}, memory_fraction: {}, flop_fraction: {}, latency_us: {}, "
      "per_block_us: {}}}\n",
      name, us(d.launch), number_text(d.memory_fraction), number_text(d.flop_fraction),
      us(d.latency), us(d.per_block));
}

std::string attention_text(const KernelRates& r) {
  std::string out = fmt::format(
      "prefill_attention: {{launch_us: {}, flop_fraction: {}, extra_context_tokens: {}, extra_dim: "
      "{}, exponentials: {}, memory_passes: {}, per_kv_token_us: {}}}\n",
      us(r.prefill.launch), number_text(r.prefill.flop_fraction),
      number_text(r.prefill.extra_context), number_text(r.prefill.extra_dim),
      number_text(r.prefill.exponentials), number_text(r.prefill.memory_passes),
      us(r.prefill.per_kv_token));
  out += decode_text("decode_attention", r.decode);
  if (r.unsplit_decode) {
    const UnsplitDecodeRates& u = *r.unsplit_decode;
    out += fmt::format(
        "unsplit_decode_attention: {{launch_us: {}, memory_fraction: {}, latency_us: {}, "
        "per_block_us: {}, per_block_token_us: {}}}\n",
        us(u.launch), number_text(u.memory_fraction), us(u.latency), us(u.per_block),
        us(u.per_block_token));
  }
  return out + decode_text("latent_decode_attention", r.latent_decode);
}

std::string bare_kernel_text(const KernelRates& r) {
  std::string out;
  if (r.row_scaled) {
    const RowScaledGemmRates& g = *r.row_scaled;
    out += fmt::format(
        "row_scaled_gemm: {{flop_fraction: {}, fast_flop_fraction: {}, throttle: {}}}\n",
        number_text(g.flop_fraction), number_text(g.fast_flop_fraction), number_text(g.throttle));
  }
  if (r.unfused_experts) {
    const UnfusedExpertRates& e = *r.unfused_experts;
    out += fmt::format(
        "unfused_experts: {{launch_us: {}, pad_rows: {}, per_depth_ns: {}, sort_us: {}, "
        "per_choice_ns: {}, per_element_ns: {}}}\n",
        us(e.launch), number_text(e.pad_rows), number_text(e.per_depth.in(units::ns)), us(e.sort),
        number_text(e.per_choice.in(units::ns)), number_text(e.per_element.in(units::ns)));
  }
  return out;
}

std::string algorithm_text(std::string_view name, const CollectiveAlgorithm& a) {
  return fmt::format(
      "  {}: {{launch_us: {}, per_rank_us: {}, link_fraction: {}, switch_gain: {}, ramp_ns: {}}}\n",
      name, us(a.launch), us(a.per_rank), number_text(a.link_fraction), number_text(a.switch_gain),
      number_text(a.ramp.in(units::ns)));
}

std::string collective_text(const CollectiveRates& c) {
  return "collective:\n" + algorithm_text("all_reduce", c.all_reduce) +
         (c.one_shot ? algorithm_text("one_shot", *c.one_shot) : std::string()) +
         algorithm_text("other", c.other) +
         fmt::format("  all_to_all_launch: {}\n", number_text(c.all_to_all_launch)) +
         fmt::format("  network_launch_us: {}\n  network_fraction: {}\n", us(c.network_launch),
                     number_text(c.network_fraction));
}

std::string fits_text(const RateFit& fit) {
  std::string out = "fits:\n";
  for (const RateGroupFit& g : fit.groups) {
    const ErrorStatistics& e = g.held_out.value_or(g.after);
    out += fmt::format(
        "  - {{group: {}, rows: {}, n: {}, median_ape_pct: {:.1f}, p90_ape_pct: {:.1f}, "
        "bias_pct: {:.1f}}}\n",
        g.group,
        g.held_out ? "\"this card's kernels, each half judged by the other's fit\""
                   : "\"this card's kernels, as fitted\"",
        g.n, e.median_ape_pct, e.p90_ape_pct, e.bias_pct);
  }
  return out;
}

}  // namespace

std::string rates_overlay(const RateFit& fit, const GpuSpec& gpu, const std::string& date,
                          const std::vector<std::string>& files) {
  const KernelRates& r = fit.rates;
  std::string out = fmt::format(
      "# Kernel rates of one card, written by gpusize calibrate. What no row determines is as "
      "shipped.\nschema: gpusize.rates/v1\narchitecture: {}\nkernels_of: {}\norigin: "
      "measured\nmeasured_gpus: {}\n"
      "sources:\n  fit: {{title: {}, ref: {}, as_of: {}}}\nsource: fit\nconfidence: verified\n"
      "band: {{low: {}, high: {}}}\n",
      yaml_text(gpu.id), yaml_text(r.kernels_of), calibrate::yaml_list({gpu.id}),
      yaml_text(fmt::format("gpusize calibrate, {} of {} timed kernels on {}", fit.used, fit.rows,
                            gpu.id)),
      yaml_text(fmt::format("{}", fmt::join(files, ", "))), date, number_text(r.band_low),
      number_text(r.band_high));
  out += gemm_text(r.gemm);
  out += fmt::format(
      "grouped_gemm: {{launch_us: {}, memory_fraction: {}, flop_fraction: {}, pad_rows: {}, "
      "blend_exponent: {}, fill_depth: {}, throttle: {}}}\n",
      us(r.grouped.launch), number_text(r.grouped.memory_fraction),
      number_text(r.grouped.flop_fraction), number_text(r.grouped.pad_rows),
      number_text(r.grouped.blend), number_text(r.grouped.fill_depth),
      number_text(r.grouped.throttle));
  out += bare_kernel_text(r) + attention_text(r);
  out += fmt::format(
      "memory: {{launch_us: {}, memory_fraction: {}, l2_fraction: {}, per_row_element_us: {}}}\n",
      us(r.memory.launch), number_text(r.memory.memory_fraction), number_text(r.memory.l2_fraction),
      us(r.memory.per_row_element));
  return out + collective_text(r.collective) + fits_text(fit);
}

}  // namespace gpusize
