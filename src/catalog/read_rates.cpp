#include <string_view>

#include <fmt/format.h>

#include "gpusize/catalog/readers.hpp"

namespace gpusize {
namespace {

constexpr Bounds kFraction{0.0,
                           1.2};  // above 1: the datasheet understates (never by more than a fifth)

Seconds micros(MapReader& reader, std::string_view key) {
  return reader.required_number(key, {0.0, 1e6}) * units::us;
}

void read_gemm(Node node, GemmRates& gemm, Diagnostics& out) {
  MapReader reader(node, "gemm", "cat", out);
  gemm.launch = micros(reader, "launch_us");
  gemm.per_depth_byte = micros(reader, "per_depth_byte_us");
  gemm.blend = reader.required_number("blend_exponent", {1.0, 30.0});
  gemm.tile_fraction = reader.required_number("tile_fraction", {0.0, 3.0});
  gemm.throttle = reader.required_number("throttle", {0.0, 3.0});
  gemm.throttle_time = micros(reader, "throttle_time_us");
  gemm.duty = reader.required_number("duty", {0.0, 1.0});
  gemm.widened_fraction = reader.number("widened_fraction", kFraction).value_or(1.0);
  gemm.depth_saturation = reader.required_number("depth_saturation", {1.0, 1e9});
  gemm.reference_unit_tflops = reader.number("reference_unit_tflops", {0.0, 1e3}).value_or(0.0);
  gemm.reference_gflops_per_watt =
      reader.number("reference_gflops_per_watt", {0.0, 1e6}).value_or(0.0);
  if (const Node formats = reader.required("formats"); formats && formats.is_map()) {
    for (const Node entry : formats) {
      const auto dtype = dtype_from(entry.key());
      if (!dtype) {
        reader.error("dtype", fmt::format("unknown number format \"{}\"", entry.key()), entry);
        continue;
      }
      MapReader format(entry, "format rates", "cat", out);
      GemmDtypeRates& rates = gemm.by_dtype[*dtype];
      rates.memory_fraction = format.required_number("memory_fraction", kFraction);
      rates.flop_fraction = format.required_number("flop_fraction", kFraction);
      rates.fill_depth = format.required_number("fill_depth", {0.0, 1e5});
      rates.scaled_fraction = format.number("scaled_fraction", kFraction).value_or(1.0);
      format.reject_unknown();
    }
  }
  reader.reject_unknown();
}

void read_grouped(Node node, GroupedGemmRates& grouped, Diagnostics& out) {
  MapReader reader(node, "grouped_gemm", "cat", out);
  grouped.launch = micros(reader, "launch_us");
  grouped.memory_fraction = reader.required_number("memory_fraction", kFraction);
  grouped.flop_fraction = reader.required_number("flop_fraction", kFraction);
  grouped.pad_rows = reader.required_number("pad_rows", {0.0, 1e4});
  grouped.blend = reader.required_number("blend_exponent", {1.0, 30.0});
  grouped.fill_depth = reader.required_number("fill_depth", {0.0, 1e5});
  grouped.throttle = reader.required_number("throttle", {0.0, 3.0});
  reader.reject_unknown();
}

RowScaledGemmRates read_row_scaled(Node node, Diagnostics& out) {
  MapReader reader(node, "row-scaled GEMM", "cat", out);
  RowScaledGemmRates rates;
  rates.flop_fraction = reader.required_number("flop_fraction", kFraction);
  rates.fast_flop_fraction = reader.required_number("fast_flop_fraction", kFraction);
  rates.throttle = reader.required_number("throttle", {0.0, 3.0});
  reader.reject_unknown();
  return rates;
}

UnfusedExpertRates read_unfused(Node node, Diagnostics& out) {
  MapReader reader(node, "unfused experts", "cat", out);
  UnfusedExpertRates rates;
  rates.launch = micros(reader, "launch_us");
  rates.pad_rows = reader.required_number("pad_rows", {0.0, 1e4});
  rates.per_depth = reader.required_number("per_depth_ns", {0.0, 1e6}) * units::ns;
  rates.sort = micros(reader, "sort_us");
  rates.per_choice = reader.required_number("per_choice_ns", {0.0, 1e6}) * units::ns;
  rates.per_element = reader.required_number("per_element_ns", {0.0, 1e6}) * units::ns;
  reader.reject_unknown();
  return rates;
}

void read_prefill(Node node, PrefillAttentionRates& prefill, Diagnostics& out) {
  MapReader reader(node, "prefill_attention", "cat", out);
  prefill.launch = micros(reader, "launch_us");
  prefill.flop_fraction = reader.required_number("flop_fraction", kFraction);
  prefill.extra_context = reader.required_number("extra_context_tokens", {0.0, 1e5});
  prefill.extra_dim = reader.required_number("extra_dim", {0.0, 1e4});
  prefill.exponentials = reader.number("exponentials", {0.1, 10.0}).value_or(1.0);
  prefill.memory_passes = reader.required_number("memory_passes", {0.0, 20.0});
  prefill.per_kv_token = micros(reader, "per_kv_token_us");
  reader.reject_unknown();
}

void read_decode(Node node, DecodeAttentionRates& decode, Diagnostics& out) {
  MapReader reader(node, "decode attention", "cat", out);
  decode.launch = micros(reader, "launch_us");
  decode.memory_fraction = reader.required_number("memory_fraction", kFraction);
  decode.flop_fraction = reader.required_number("flop_fraction", kFraction);
  decode.latency = micros(reader, "latency_us");
  decode.per_block = micros(reader, "per_block_us");
  reader.reject_unknown();
}

UnsplitDecodeRates read_unsplit(Node node, Diagnostics& out) {
  MapReader reader(node, "unsplit decode attention", "cat", out);
  UnsplitDecodeRates unsplit;
  unsplit.launch = micros(reader, "launch_us");
  unsplit.memory_fraction = reader.required_number("memory_fraction", kFraction);
  unsplit.latency = micros(reader, "latency_us");
  unsplit.per_block = micros(reader, "per_block_us");
  unsplit.per_block_token = micros(reader, "per_block_token_us");
  reader.reject_unknown();
  return unsplit;
}

void read_memory(Node node, MemoryRates& memory, Diagnostics& out) {
  MapReader reader(node, "memory", "cat", out);
  memory.launch = micros(reader, "launch_us");
  memory.memory_fraction = reader.required_number("memory_fraction", kFraction);
  memory.l2_fraction = reader.required_number("l2_fraction", {0.0, 4.0});
  memory.per_row_element = micros(reader, "per_row_element_us");
  reader.reject_unknown();
}

CollectiveAlgorithm read_algorithm(Node node, std::string_view key, Diagnostics& out) {
  CollectiveAlgorithm algorithm;
  if (!node) return algorithm;
  MapReader reader(node, std::string(key), "cat", out);
  algorithm.launch = micros(reader, "launch_us");
  algorithm.per_rank = micros(reader, "per_rank_us");
  algorithm.link_fraction = reader.required_number("link_fraction", kFraction);
  algorithm.switch_gain = reader.required_number("switch_gain", {0.5, 2.0});
  algorithm.ramp = reader.required_number("ramp_ns", {0.0, 1e6}) * units::ns;
  reader.reject_unknown();
  return algorithm;
}

void read_collective(Node node, CollectiveRates& collective, Diagnostics& out) {
  MapReader reader(node, "collective", "cat", out);
  collective.all_reduce = read_algorithm(reader.required("all_reduce"), "all_reduce", out);
  if (const Node one_shot = reader.node("one_shot"))
    collective.one_shot = read_algorithm(one_shot, "one_shot", out);
  collective.other = read_algorithm(reader.required("other"), "other", out);
  collective.all_to_all_launch = reader.number("all_to_all_launch", {0.1, 10.0}).value_or(1.0);
  collective.network_launch = micros(reader, "network_launch_us");
  collective.network_fraction = reader.required_number("network_fraction", kFraction);
  reader.reject_unknown();
}

}  // namespace

FitNote read_fit(Node node, Diagnostics& out) {
  MapReader reader(node, "fit", "cat", out);
  FitNote fit;
  fit.group = reader.required_text("group");
  fit.rows = reader.required_text("rows");
  fit.n = reader.required_integer("n");
  fit.median_ape_pct = reader.required_number("median_ape_pct");
  fit.p90_ape_pct = reader.required_number("p90_ape_pct");
  fit.bias_pct = reader.required_number("bias_pct", {-1e3, 1e3});
  reader.reject_unknown();
  return fit;
}

std::optional<KernelRates> read_rates(const Document& document, Diagnostics& out) {
  const std::size_t before = out.size();
  MapReader reader(document.root(), "kernel rates", "cat", out);
  KernelRates rates;
  reader.text("schema");
  rates.id = reader.required_text("architecture");
  rates.origin = reader.required_text("origin");
  rates.kernels_of = reader.text("kernels_of").value_or(rates.id);
  rates.measured_gpus = reader.texts("measured_gpus");
  const auto sources = read_sources(reader.required("sources"), out);
  rates.source = source_named(sources, reader);
  rates.confidence = read_confidence(reader);
  if (const Node band = reader.required("band")) {
    MapReader inner(band, "band", "cat", out);
    rates.band_low = inner.required_number("low", {-0.9, 0.0});
    rates.band_high = inner.required_number("high", {0.0, 9.0});
    inner.reject_unknown();
  }
  if (const Node gemm = reader.required("gemm")) read_gemm(gemm, rates.gemm, out);
  if (const Node grouped = reader.required("grouped_gemm"))
    read_grouped(grouped, rates.grouped, out);
  if (const Node row_scaled = reader.node("row_scaled_gemm"))
    rates.row_scaled = read_row_scaled(row_scaled, out);
  if (const Node unfused = reader.node("unfused_experts"))
    rates.unfused_experts = read_unfused(unfused, out);
  if (const Node prefill = reader.required("prefill_attention"))
    read_prefill(prefill, rates.prefill, out);
  if (const Node decode = reader.required("decode_attention"))
    read_decode(decode, rates.decode, out);
  if (const Node unsplit = reader.node("unsplit_decode_attention"))
    rates.unsplit_decode = read_unsplit(unsplit, out);
  if (const Node latent = reader.required("latent_decode_attention"))
    read_decode(latent, rates.latent_decode, out);
  if (const Node memory = reader.required("memory")) read_memory(memory, rates.memory, out);
  if (const Node collective = reader.required("collective"))
    read_collective(collective, rates.collective, out);
  if (const Node fits = reader.node("fits"); fits && fits.is_sequence()) {
    for (const Node fit : fits) rates.fits.push_back(read_fit(fit, out));
  }
  reader.reject_unknown();
  if (out.size() != before) return {};
  return rates;
}

}  // namespace gpusize
