#include <string_view>

#include <fmt/format.h>

#include "gpusize/catalog/readers.hpp"

namespace gpusize {
namespace {

constexpr Bounds kFraction{0.0, 1.2};  // above 1: the datasheet understates (never by more than a fifth)

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
  gemm.group_overhead = reader.number("group_overhead", {0.0, 4.0}).value_or(0.0);
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

void read_attention(Node prefill_node, Node decode_node, KernelRates& rates, Diagnostics& out) {
  MapReader prefill(prefill_node, "prefill_attention", "cat", out);
  rates.prefill.launch = micros(prefill, "launch_us");
  rates.prefill.flop_fraction = prefill.required_number("flop_fraction", kFraction);
  rates.prefill.extra_context = prefill.required_number("extra_context_tokens", {0.0, 1e5});
  rates.prefill.per_kv_token = micros(prefill, "per_kv_token_us");
  prefill.reject_unknown();
  MapReader decode(decode_node, "decode_attention", "cat", out);
  rates.decode.launch = micros(decode, "launch_us");
  rates.decode.memory_fraction = decode.required_number("memory_fraction", kFraction);
  rates.decode.flop_fraction = decode.required_number("flop_fraction", kFraction);
  rates.decode.latency = micros(decode, "latency_us");
  rates.decode.extra_tokens = decode.required_number("extra_tokens", {0.0, 1e5});
  decode.reject_unknown();
}

void read_memory(Node node, MemoryRates& memory, Diagnostics& out) {
  MapReader reader(node, "memory", "cat", out);
  memory.launch = micros(reader, "launch_us");
  memory.memory_fraction = reader.required_number("memory_fraction", kFraction);
  memory.l2_fraction = reader.required_number("l2_fraction", {0.0, 4.0});
  memory.per_row_element = micros(reader, "per_row_element_us");
  reader.reject_unknown();
}

void read_collective(Node node, CollectiveRates& collective, Diagnostics& out) {
  MapReader reader(node, "collective", "cat", out);
  collective.launch = micros(reader, "launch_us");
  collective.per_hop = micros(reader, "per_hop_us");
  collective.link_fraction = reader.required_number("link_fraction", kFraction);
  collective.half_message = reader.required_number("half_message_kib", {0.0, 1e6}) * units::KiB;
  collective.switch_reduction = reader.required_number("switch_reduction", {0.5, 2.0});
  collective.network_launch = micros(reader, "network_launch_us");
  collective.network_fraction = reader.required_number("network_fraction", kFraction);
  reader.reject_unknown();
}

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

}  // namespace

std::optional<KernelRates> read_rates(const Document& document, Diagnostics& out) {
  const std::size_t before = out.size();
  MapReader reader(document.root(), "kernel rates", "cat", out);
  KernelRates rates;
  reader.text("schema");
  rates.id = reader.required_text("architecture");
  rates.origin = reader.required_text("origin");
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
  const Node prefill = reader.required("prefill_attention");
  const Node decode = reader.required("decode_attention");
  if (prefill && decode) read_attention(prefill, decode, rates, out);
  if (const Node memory = reader.required("memory")) read_memory(memory, rates.memory, out);
  if (const Node collective = reader.required("collective")) read_collective(collective, rates.collective, out);
  if (const Node fits = reader.node("fits"); fits && fits.is_sequence()) {
    for (const Node fit : fits) rates.fits.push_back(read_fit(fit, out));
  }
  reader.reject_unknown();
  if (out.size() != before) return {};
  return rates;
}

}  // namespace gpusize
