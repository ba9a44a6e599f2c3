// Figures of a card against one another: a sparse peak, a per-board figure or a slipped digit shows
// here. Known exceptions are named with their reason; one that no longer is one fails too.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gpusize/catalog/catalog.hpp"
#include "support/catch.hpp"

using namespace gpusize;

namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

std::optional<double> number(const GpuSpec& gpu, std::string_view key) {
  const GpuFact* fact = gpu.fact(key);
  return fact == nullptr ? std::nullopt : fact->number;
}

std::optional<double> peak16(const GpuSpec& gpu) {
  const auto bf16 = number(gpu, "bf16_tflops");
  return bf16 ? bf16 : number(gpu, "fp16_tflops");
}

struct Exception {
  std::string_view gpu;
  std::string_view reason;
};

template <std::size_t N>
bool is_exception(const std::array<Exception, N>& list, const GpuSpec& gpu) {
  return std::any_of(list.begin(), list.end(), [&](const Exception& e) { return e.gpu == gpu.id; });
}

/// Dense 16-bit multiply-adds of one compute unit per clock. Sources: NVIDIA architecture
/// whitepapers (GV100, TU102, GA100, GA102, AD102, GH100, Blackwell), AMD CDNA 1 to 4 whitepapers,
/// RDNA 3 instruction set guide. Several rates: data-centre dies, others, and GeForce parts that
/// accumulate in FP32 at half rate, which is the rate that the catalog lists.
struct UnitRate {
  std::string_view architecture;
  std::array<double, 3> multiply_adds;  ///< 0: none
};
constexpr std::array<UnitRate, 12> kRates{{
    {"pascal", {128, 0, 0}},
    {"volta", {512, 0, 0}},
    {"turing", {512, 0, 0}},
    {"ampere", {1024, 512, 256}},
    {"ada", {512, 256, 0}},
    {"hopper", {2048, 0, 0}},
    {"blackwell", {4096, 0, 0}},
    {"blackwell-rtx", {512, 256, 0}},
    {"cdna1", {256, 0, 0}},
    {"cdna2", {512, 0, 0}},
    {"cdna3", {1024, 0, 0}},
    {"cdna4", {2048, 0, 0}},
}};

constexpr std::array<Exception, 10> kRateExceptions{{
    {"P40", "FP16 at 1/64 of the FP32 rate"},
    {"A10G", "sold at 70 TFLOPS, a little over half of the A10"},
    {"GH200-96GB", "lists the maximum clock; the peak is at 1830 MHz"},
    {"GH200-144GB", "lists the maximum clock; the peak is at 1830 MHz"},
    {"H100-PCIe-80GB", "the peak is at 1620 MHz, below the boost clock"},
    {"H100-NVL-94GB", "the peak is below the boost clock"},
    {"H200-NVL-141GB", "the peak is below the boost clock"},
    {"H20-96GB", "export cap: 148 TFLOPS"},
    {"H20-141GB", "export cap: 148 TFLOPS"},
    {"MI308X", "export cap: 188 TFLOPS"},
}};

constexpr std::array<Exception, 1> kClockExceptions{{
    {"B200-SXM-180GB", "lists the maximum clock; the peak is at 1850 MHz"},
}};

/// Cards whose 8-bit floating-point rate is their 16-bit rate.
constexpr std::array<Exception, 3> kFp8Exceptions{{
    {"Gaudi3", "FP8 and BF16 share the matrix engines' rate"},
    {"Inferentia2", "FP8 at the BF16 rate"},
    {"TPU v6e", "FP8 runs in the BF16 units"},
}};

/// Relative distance to the nearest allowed rate, or nothing when the card states too little.
std::optional<double> rate_error(const GpuSpec& gpu) {
  const auto rate = std::find_if(kRates.begin(), kRates.end(), [&](const UnitRate& r) {
    return r.architecture == gpu.architecture;
  });
  const auto units = number(gpu, "compute_units");
  const auto clock = number(gpu, "boost_clock_mhz");
  const auto peak = peak16(gpu);
  if (rate == kRates.end() || !units || !clock || !peak) return {};
  double nearest = 1e9;
  for (const double multiply_adds : rate->multiply_adds) {
    if (multiply_adds <= 0.0) continue;
    const double tflops = *units * multiply_adds * 2.0 * *clock * 1e6 / 1e12;
    nearest = std::min(nearest, std::fabs(*peak / tflops - 1.0));
  }
  return nearest;
}

}  // namespace

TEST_CASE("card physics: memory, bandwidth and a peak are stated and possible") {
  for (const GpuSpec& gpu : shipped().gpus()) {
    INFO(gpu.id);
    CHECK(gpu.memory.in(units::GiB) >= 8.0);
    CHECK(gpu.memory.in(units::GiB) <= 600.0);
    CHECK(gpu.memory_bandwidth.in(units::GB_per_s) >= 100.0);
    CHECK(gpu.memory_bandwidth.in(units::TB_per_s) <= 10.0);
    CHECK((peak16(gpu) || number(gpu, "fp8_tflops") || number(gpu, "int8_tops")));
  }
}

TEST_CASE("card physics: what the driver reports is close to what is sold") {
  for (const GpuSpec& gpu : shipped().gpus()) {
    const auto reported = number(gpu, "memory_reported_mib");
    const auto sold = number(gpu, "memory_sold_gb");
    if (!reported || !sold) continue;
    INFO(gpu.id << ": " << *reported << " MiB of " << *sold << " GB");
    CHECK(*reported / 1024.0 / *sold >= 0.80);
    CHECK(*reported / 1024.0 / *sold <= 1.05);
  }
}

TEST_CASE("card physics: programs see a little less than the driver reports") {
  int checked = 0;
  for (const GpuSpec& gpu : shipped().gpus()) {
    const auto reported = number(gpu, "memory_reported_mib");
    const auto visible = number(gpu, "memory_visible_mib");
    if (!visible) continue;
    INFO(gpu.id);
    REQUIRE(reported);
    CHECK(*visible < *reported);
    CHECK(*visible >= 0.99 * *reported);
    CHECK(gpu.memory.in(units::MiB) == Approx(*visible));
    ++checked;
  }
  CHECK(checked >= 2);
}

TEST_CASE("card physics: compute units x rate x clock give the 16-bit peak") {
  int checked = 0;
  for (const GpuSpec& gpu : shipped().gpus()) {
    const auto error = rate_error(gpu);
    if (!error) continue;
    ++checked;
    INFO(gpu.id << ": off by " << *error);
    const bool excused = is_exception(kRateExceptions, gpu) || is_exception(kClockExceptions, gpu);
    if (excused) {
      CHECK(*error > 0.05);
    } else {
      CHECK(*error <= 0.05);
    }
  }
  CHECK(checked >= 45);
}

TEST_CASE("card physics: FP8 is twice the 16-bit rate, dense, never four times") {
  for (const GpuSpec& gpu : shipped().gpus()) {
    const auto wide = peak16(gpu);
    const auto fp8 = number(gpu, "fp8_tflops");
    if (!wide || !fp8) continue;
    INFO(gpu.id << ": " << *fp8 << " against " << *wide);
    CHECK(*fp8 / *wide == Approx(is_exception(kFp8Exceptions, gpu) ? 1.0 : 2.0).epsilon(0.05));
  }
}

TEST_CASE("card physics: no FP8 arithmetic before it existed") {
  for (const GpuSpec& gpu : shipped().gpus()) {
    INFO(gpu.id);
    const std::array<std::string_view, 6> before{"pascal", "volta", "turing",
                                                 "ampere", "cdna1", "cdna2"};
    const bool too_old = std::find(before.begin(), before.end(), gpu.architecture) != before.end();
    if (too_old) CHECK_FALSE(number(gpu, "fp8_tflops"));
  }
}

TEST_CASE("card physics: a ridge between 20 and 1000 FLOP per byte") {
  for (const GpuSpec& gpu : shipped().gpus()) {
    const auto peak = peak16(gpu);
    if (!peak || gpu.id == "P40") continue;  // P40: 16-bit at 1/64 rate, served in FP32
    INFO(gpu.id);
    const double ridge = *peak * 1000.0 / gpu.memory_bandwidth.in(units::GB_per_s);
    CHECK(ridge > 20.0);
    CHECK(ridge < 1000.0);
  }
}

TEST_CASE("card physics: MIG slices fit the card") {
  for (const GpuSpec& gpu : shipped().gpus()) {
    for (const MigProfile& profile : gpu.mig_profiles) {
      INFO(gpu.id << " " << profile.name);
      CHECK(profile.max_instances >= 1);
      CHECK(profile.memory_eighths * profile.max_instances <= 8);
      if (gpu.compute_units && profile.compute_units) {
        CHECK(static_cast<double>(*profile.compute_units * profile.max_instances) <=
              *gpu.compute_units);
      }
      if (profile.memory_reported_gib)
        CHECK(*profile.memory_reported_gib * units::GiB <=
              number(gpu, "memory_reported_mib").value_or(gpu.memory.in(units::MiB)) * units::MiB);
    }
  }
}
