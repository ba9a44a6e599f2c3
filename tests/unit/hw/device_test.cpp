#include "gpusize/hw/device.hpp"

#include "support/cards.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

KernelWork gemm(double m, double n, double k, Dtype dtype = Dtype::kBf16) {
  return test::product(m, n, k, dtype);
}

TEST_CASE("an ideal card takes the roofline time") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = test::ideal_rates();
  const Device device(card, rates);
  SECTION("compute-bound: 2 x 8192^3 FLOP at 100 TFLOP/s") {
    const KernelTime t = device.time(gemm(8192, 8192, 8192), {});
    CHECK(t.time.in(units::ms) ==
          Approx(2.0 * 8192.0 * 8192.0 * 8192.0 / 100e12 * 1e3).epsilon(0.01));
    CHECK(t.bound == Bound::kCompute);
  }
  SECTION("memory-bound: 4096 x 4096 bf16 weights at 1 TB/s") {
    const KernelTime t = device.time(gemm(1, 4096, 4096), {});
    const double bytes = 4096.0 * 4096.0 * 2.0 + 4.0 * 4096.0;
    CHECK(t.time.in(units::us) == Approx(bytes / 1e12 * 1e6).epsilon(1e-6));
    CHECK(t.bound == Bound::kMemory);
  }
  SECTION("fp8 halves the compute time") {
    const double bf16 = device.time(gemm(8192, 8192, 8192), {}).time.in(units::ms);
    const double fp8 = device.time(gemm(8192, 8192, 8192, Dtype::kFp8), {}).time.in(units::ms);
    CHECK(fp8 == Approx(0.5 * bf16).epsilon(0.02));
  }
}

TEST_CASE("a format that the card lacks runs wider, never faster") {
  GpuSpec card = test::round_card();
  card.dense_peaks.erase(Dtype::kFp8);
  const KernelRates rates = test::ideal_rates();
  const Device device(card, rates);
  CHECK(device.compute_format(Dtype::kFp8) == Dtype::kBf16);
  CHECK(device.compute_format(Dtype::kNvfp4) == Dtype::kBf16);
  card.dense_peaks.erase(Dtype::kBf16);
  card.dense_peaks[Dtype::kFp16] = 50.0 * units::TFLOP_per_s;
  CHECK(Device(card, rates).compute_format(Dtype::kBf16) == Dtype::kFp16);
}

TEST_CASE("four-bit weights are widened unless the card mixes them with eight-bit activations") {
  GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.gemm.widened_fraction = 0.5;
  KernelWork work = test::product(1.0, 1000.0, 1000.0, Dtype::kFp8);
  work.weight = Dtype::kMxfp4;
  const auto us = [&](const KernelWork& of) {
    return Device(card, rates).time(of, {}).time.in(units::us);
  };
  const double widened = us(work);
  CHECK(Device(card, rates).widens(work));
  card.dense_peaks[Dtype::kNvfp4] = 400.0 * units::TFLOP_per_s;
  rates.gemm.by_dtype[Dtype::kNvfp4] = {1.0, 1.0, 0.0, 1.0};
  CHECK_FALSE(Device(card, rates).widens(work));
  CHECK(us(work) == Approx(0.5 * widened));
  work.weight = Dtype::kInt4;  // integers beside floating-point activations
  CHECK(Device(card, rates).widens(work));
  work.weight = Dtype::kMxfp4;
  work.compute = Dtype::kBf16;  // sixteen bits beside four: through registers on any card
  CHECK(Device(card, rates).widens(work));
}

TEST_CASE("activations are not quantised for a format that the card lacks") {
  GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.memory.launch = 2.0 * units::us;
  KernelWork work;
  work.cls = KernelClass::kMemory;
  work.quantises = true;
  work.compute = Dtype::kFp8;
  work.activation_bytes = 1.0 * units::MB;
  KernelStyle eager;
  eager.eager_launch = 5.0 * units::us;
  CHECK(Device(card, rates).time(work, {}).time > Seconds{});
  card.dense_peaks.erase(Dtype::kFp8);
  CHECK(Device(card, rates).time(work, {}).time == Seconds{});
  CHECK(Device(card, rates).time(work, eager).time == Seconds{});
}

TEST_CASE("elementwise kernels pay launches, rows and traffic beyond L2") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.memory.launch = 2.0 * units::us;
  rates.memory.per_row_element = 1.0 * units::ns;
  rates.memory.l2_fraction = 0.2;  // 10 MB
  const Device device(card, rates);
  KernelWork work;
  work.cls = KernelClass::kMemory;
  work.activation_bytes = 10.0 * units::MB;
  work.row_elements = 1000.0;
  KernelStyle style;
  style.elementwise_launches = 3.0;
  // 3 x 2 us + 1 us + 10 MB / 1 TB/s x 10/(10 + 10)
  CHECK(device.time(work, style).time.in(units::us) == Approx(6.0 + 1.0 + 5.0));
}

TEST_CASE("without graphs the host's launch rate is a floor") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = test::ideal_rates();
  const Device device(card, rates);
  KernelStyle eager;
  eager.eager_launch = 50.0 * units::us;
  const KernelTime t = device.time(gemm(1, 64, 64), eager);
  CHECK(t.time.in(units::us) == Approx(50.0));
  CHECK(t.bound == Bound::kLaunch);
}

TEST_CASE("more work never takes less time", "[property]") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.gemm.blend = 6.0;
  rates.gemm.launch = 3.0 * units::us;
  rates.gemm.tile_fraction = 0.15;
  rates.gemm.throttle = 0.36;
  rates.gemm.throttle_time = 115.0 * units::us;
  rates.gemm.by_dtype[Dtype::kBf16] = {0.87, 0.92, 175.0, 1.0};
  const Device device(card, rates);
  const double sizes[] = {1, 2, 3, 7, 16, 63, 64, 65, 128, 129, 1000, 4096, 4097, 8192, 30000};
  for (const double fixed : {1.0, 64.0, 4096.0}) {
    for (int axis = 0; axis < 3; ++axis) {
      Seconds before;
      for (const double size : sizes) {
        const double m = axis == 0 ? size : fixed;
        const double n = axis == 1 ? size : 4096.0;
        const double k = axis == 2 ? size : 4096.0;
        const Seconds now = device.time(gemm(m, n, k), {}).time;
        INFO("axis " << axis << " size " << size << " fixed " << fixed);
        CHECK(now >= before);
        before = now;
      }
    }
  }
}

TEST_CASE("an engine's kernels: fused quantisations, faster rows, slower products") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.memory.launch = 2.0 * units::us;
  rates.memory.per_row_element = 1.0 * units::ns;
  const Device device(card, rates);
  KernelWork work;
  work.cls = KernelClass::kMemory;
  work.quantises = true;
  work.row_elements = 4000.0;
  KernelStyle style;
  const Seconds whole = device.time(work, style).time;
  CHECK(whole.in(units::us) == Approx(6.0));
  style.quantise_launches = 0.5;  // half of them part of another kernel
  CHECK(device.time(work, style).time.in(units::us) == Approx(3.0));
  style.row_reduction = 0.25;
  CHECK(device.time(work, style).time.in(units::us) == Approx(1.5));

  KernelStyle slow;
  slow.gemm_rate = 0.5;
  const double plain_us = device.time(gemm(8192, 8192, 8192), {}).time.in(units::us);
  CHECK(device.time(gemm(8192, 8192, 8192), slow).time.in(units::us) == Approx(2.0 * plain_us));
}

TEST_CASE("more fusion and faster kernels never take longer", "[property]") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.memory.launch = 1.2 * units::us;
  rates.memory.per_row_element = 0.7 * units::ns;
  const Device device(card, rates);
  for (const double bytes : {0.0, 1e4, 1e7, 1e9}) {
    KernelWork work;
    work.cls = KernelClass::kMemory;
    work.quantises = true;
    work.row_elements = 8192.0;
    work.activation_bytes = bytes * units::B;
    for (const double rows : {0.0, 0.25, 1.0}) {
      Seconds before;
      for (const double launches : {0.0, 0.25, 0.5, 1.0, 2.0, 6.0}) {
        KernelStyle style;
        style.quantise_launches = launches;
        style.row_reduction = rows;
        const Seconds now = device.time(work, style).time;
        CHECK(now >= before);
        before = now;
      }
    }
  }
}

}  // namespace
}  // namespace gpusize
