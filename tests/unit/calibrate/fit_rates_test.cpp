#include "gpusize/calibrate/fit_rates.hpp"

#include <cmath>

#include "calibrate/kernel_clock.hpp"
#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

using namespace gpusize;
using Catch::Matchers::WithinRel;

namespace {

Catalog shipped() {
  auto catalog = Catalog::shipped();
  REQUIRE(catalog.ok());
  REQUIRE(catalog->settle().empty());
  return std::move(catalog).value();
}

KernelRow product(double m, double n, double k, const char* dtype) {
  KernelRow row;
  row.op = "gemm";
  row.dtype = dtype;
  row.m = m;
  row.n = n;
  row.k = k;
  return row;
}

/// Shapes of products and attention as the probe times them.
std::vector<KernelRow> shapes() {
  std::vector<KernelRow> out;
  for (const double m : {1.0, 8.0, 32.0, 128.0, 512.0, 2048.0, 8192.0}) {
    for (const double n : {1024.0, 4096.0, 12288.0}) {
      for (const double k : {1024.0, 4096.0, 11008.0}) out.push_back(product(m, n, k, "bf16"));
    }
  }
  for (const double batch : {1.0, 8.0, 64.0}) {
    for (const double length : {512.0, 2048.0, 8192.0, 32768.0}) {
      KernelRow row;
      row.op = "attn_decode";
      row.dtype = "bf16";
      row.batch = batch;
      row.kv_len = length;
      row.q_heads = 32.0;
      row.kv_heads = 8.0;
      row.head_dim = 128.0;
      out.push_back(row);
    }
  }
  for (const double bytes : {1e5, 1e6, 1e7, 1e8, 1e9}) {
    KernelRow row;
    row.op = "copy_d2d";
    row.dtype = "u8";
    row.m = bytes;
    out.push_back(row);
  }
  return out;
}

/// Times that known rates give, each off by a fixed pattern of up to `noise`.
std::vector<KernelRow> timed(const GpuSpec& gpu, const KernelRates& truth, double noise) {
  const calibrate::KernelClock clock(gpu, truth);
  std::vector<KernelRow> rows = shapes();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto call = calibrate::kernel_call(rows[i]);
    REQUIRE(std::holds_alternative<calibrate::KernelCall>(call));
    const double pattern = std::sin(12.9898 * static_cast<double>(i + 1));
    rows[i].us =
        clock.time(std::get<calibrate::KernelCall>(call)).in(units::us) * (1.0 + noise * pattern);
    rows[i].line = static_cast<int>(i) + 2;
    rows[i].date = "2026-11-20";
  }
  return rows;
}

KernelRates known_truth(const KernelRates& start) {
  KernelRates truth = start;
  truth.gemm.launch = 4.5 * units::us;
  truth.gemm.by_dtype[Dtype::kBf16].memory_fraction = 0.72;
  truth.gemm.by_dtype[Dtype::kBf16].flop_fraction = 0.66;
  truth.decode.memory_fraction = 0.61;
  truth.decode.launch = 9.0 * units::us;
  truth.memory.memory_fraction = 0.7;
  return truth;
}

RateFit fitted(const Catalog& catalog, const GpuSpec& gpu, const std::vector<KernelRow>& rows) {
  RateFitter fitter(catalog, gpu);
  for (const KernelRow& row : rows) REQUIRE_FALSE(fitter.add("rows.csv", row));
  auto fit = fitter.fit();
  REQUIRE(fit);
  return std::move(*fit);
}

}  // namespace

TEST_CASE("rates that made the rows are found again") {
  const Catalog catalog = shipped();
  const GpuSpec& gpu = *catalog.find_gpu("H100-SXM5-80GB")->entry;
  const KernelRates truth = known_truth(catalog.rates_for(gpu));
  const double noise = GENERATE(0.0, 0.03);
  const RateFit fit = fitted(catalog, gpu, timed(gpu, truth, noise));
  const double tolerance = noise > 0.0 ? 0.06 : 0.02;
  const auto& bf16 = fit.rates.gemm.by_dtype.at(Dtype::kBf16);
  CHECK_THAT(bf16.memory_fraction, WithinRel(0.72, tolerance));
  CHECK_THAT(bf16.flop_fraction, WithinRel(0.66, tolerance));
  CHECK_THAT(fit.rates.decode.memory_fraction, WithinRel(0.61, tolerance));
  CHECK_THAT(fit.rates.memory.memory_fraction, WithinRel(0.7, tolerance));
  for (const RateGroupFit& group : fit.groups) {
    INFO(group.group);
    CHECK(group.after.median_ape_pct <= 100.0 * noise + 0.5);
    CHECK(group.after.median_ape_pct <= group.before.median_ape_pct);
  }
  // Formats that shared the fitted one's rates go on sharing them; others are untouched.
  CHECK(fit.rates.gemm.by_dtype.at(Dtype::kFp16).flop_fraction == bf16.flop_fraction);
  CHECK(fit.rates.gemm.by_dtype.at(Dtype::kFp8).flop_fraction ==
        catalog.rates_for(gpu).gemm.by_dtype.at(Dtype::kFp8).flop_fraction);
  CHECK(fit.rates.prefill.flop_fraction == catalog.rates_for(gpu).prefill.flop_fraction);
}

TEST_CASE("one wild row in twenty does not move the rates") {
  const Catalog catalog = shipped();
  const GpuSpec& gpu = *catalog.find_gpu("H100-SXM5-80GB")->entry;
  auto rows = timed(gpu, known_truth(catalog.rates_for(gpu)), 0.01);
  for (std::size_t i = 3; i < rows.size(); i += 20) rows[i].us *= 4.0;
  const RateFit fit = fitted(catalog, gpu, rows);
  CHECK_THAT(fit.rates.gemm.by_dtype.at(Dtype::kBf16).flop_fraction, WithinRel(0.66, 0.06));
}

TEST_CASE(
    "the overlay reads back as the rates of that card alone, with the same digits each time") {
  Catalog catalog = shipped();
  const GpuSpec& gpu = *catalog.find_gpu("H100-SXM5-80GB")->entry;
  const GpuSpec& other = *catalog.find_gpu("H200-SXM-141GB")->entry;
  const auto rows = timed(gpu, known_truth(catalog.rates_for(gpu)), 0.02);
  const RateFit fit = fitted(catalog, gpu, rows);
  const std::string text = rates_overlay(fit, gpu, "2026-11-20", {"rows.csv"});
  CHECK(text == rates_overlay(fitted(catalog, gpu, rows), gpu, "2026-11-20", {"rows.csv"}));
  const double elsewhere = catalog.rates_for(other).decode.memory_fraction;
  const auto document = read_yaml("overlay.yaml", text);
  REQUIRE(document.ok());
  REQUIRE(catalog.overlay(*document).empty());
  CHECK_THAT(catalog.rates_for(gpu).decode.memory_fraction,
             WithinRel(fit.rates.decode.memory_fraction, 1e-5));
  CHECK(catalog.rates_for(gpu).measured_gpus == std::vector<std::string>{gpu.id});
  // its libraries are still its architecture's
  CHECK(catalog.rates_for(gpu).kernels_of == "hopper");
  CHECK(catalog.rates_for(other).decode.memory_fraction == elsewhere);
}

TEST_CASE("rows that cannot be are refused with their place") {
  const Catalog catalog = shipped();
  const GpuSpec& gpu = *catalog.find_gpu("H100-SXM5-80GB")->entry;
  RateFitter fitter(catalog, gpu);
  KernelRow fast = product(8192, 8192, 8192, "bf16");
  fast.us = 500.0;  // 2,199 TFLOP/s; the dense peak is 989
  fast.line = 7;
  fast.us_column = 31;
  const auto peak = fitter.add("rows.csv", fast);
  REQUIRE(peak);
  CHECK(peak->code == "cal-physics");
  CHECK(peak->where.line == 7);
  CHECK(peak->where.column == 31);
  CHECK(peak->message.find("dense peak") != std::string::npos);
  KernelRow copy;
  copy.op = "read_reduce";
  copy.dtype = "bf16";
  copy.m = 1e9;
  copy.us = 100.0;  // 10 TB/s
  REQUIRE(fitter.add("rows.csv", copy));
  KernelRow foreign = product(1, 4096, 4096, "bf16");
  foreign.us = 20.0;
  foreign.gpu = "NVIDIA H200";
  const auto other = fitter.add("rows.csv", foreign);
  REQUIRE(other);
  CHECK(other->code == "cal-other-gpu");
  CHECK_FALSE(fitter.fit());
}

TEST_CASE("rows that say nothing about engines are left out and counted") {
  const Catalog catalog = shipped();
  const GpuSpec& gpu = *catalog.find_gpu("H100-SXM5-80GB")->entry;
  auto rows = timed(gpu, catalog.rates_for(gpu), 0.0);
  KernelRow launch;
  launch.op = "tiny_kernel_eager";
  launch.dtype = "f32";
  launch.us = 5.0;
  KernelRow slower = rows.front();
  slower.us *= 1.5;
  rows.push_back(launch);
  rows.push_back(slower);
  const RateFit fit = fitted(catalog, gpu, rows);
  CHECK(fit.rows == rows.size());
  CHECK(fit.used == rows.size() - 2);
  CHECK(fit.left_out.size() == 2);
}
