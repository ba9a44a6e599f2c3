#include "calibrate/family_clock.hpp"

#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;
using gpusize::test::catalog;

namespace {

KernelRow product(double m) {
  KernelRow row;
  row.op = "gemm";
  row.backend = "some engine 1.0";
  row.kernel = "some kernel";
  row.dtype = "fp8";
  row.m = m;
  row.n = 512.0;
  row.k = 512.0;
  return row;
}

struct Times {
  Seconds with, without;
};

Times times(KernelFamily family, const KernelRow& row) {
  const GpuSpec& gpu = *catalog().find_gpu("H100-SXM5-80GB")->entry;
  const KernelRates& rates = catalog().rates_for(gpu);
  family.op = row.op;
  KernelFamilies families;
  families.families.push_back(std::move(family));
  const KernelFamilies none;
  const auto call = std::get<KernelCall>(kernel_call(row));
  return {FamilyClock(gpu, rates, families).time(row, call),
          FamilyClock(gpu, rates, none).time(row, call)};
}

}  // namespace

TEST_CASE("family clock: launches and rows come on top") {
  const GpuSpec& gpu = *catalog().find_gpu("H100-SXM5-80GB")->entry;
  KernelFamily family;
  family.launches = 5.0;
  family.per_row = 10.0 * units::ns;
  const Times t = times(family, product(1000.0));
  const Seconds launches = 5.0 * catalog().rates_for(gpu).memory.launch;
  CHECK((t.with - t.without).in(units::us) == Approx(launches.in(units::us) + 10.0));
}

TEST_CASE("family clock: rows cost only where activations are quantised") {
  KernelFamily family;
  family.per_row = 10.0 * units::ns;
  KernelRow row = product(1000.0);
  row.dtype = "bfloat16";
  const Times t = times(family, row);
  CHECK(t.with == t.without);
}

TEST_CASE("family clock: a call takes no less than its host, and hardly more than the longer") {
  KernelFamily family;
  family.host = 100.0 * units::us;
  CHECK(times(family, product(16.0)).with.in(units::us) == Approx(100.0).epsilon(0.001));
  const Times big = times(family, product(4e6));
  CHECK(big.without > 3.0 * family.host);
  CHECK(big.with >= big.without);
  CHECK(big.with < 1.01 * big.without);
}

TEST_CASE("family clock: fractions slow the product, passes the quantisation") {
  KernelFamily slow;
  slow.flop_fraction = 0.5;
  const Times t = times(slow, product(65536.0));
  CHECK(t.with > t.without);
  KernelFamily thorough;
  thorough.quantise_passes = 3.0;
  const Times q = times(thorough, product(65536.0));
  CHECK(q.with > q.without);
}

TEST_CASE("family clock: blocks that share a row's reduction save the rest of it") {
  KernelRow row = product(1.0);
  row.k = 65536.0;
  KernelFamily family;
  family.reduced_elements = 4096.0;
  const GpuSpec& gpu = *catalog().find_gpu("H100-SXM5-80GB")->entry;
  const Seconds saved = (65536.0 - 4096.0) * catalog().rates_for(gpu).memory.per_row_element;
  const Times t = times(family, row);
  CHECK((t.without - t.with).in(units::us) == Approx(saved.in(units::us)));
}

TEST_CASE("family clock: rows that outgrow the cache come again for each block of columns") {
  const GpuSpec& gpu = *catalog().find_gpu("L40S")->entry;
  KernelFamilies families;
  families.l2_gb_s_per_unit = 30.0;
  KernelFamily family;
  family.op = "gemm";
  families.families.push_back(family);
  families.product_tiles.rules.push_back(
      {{}, 0.0, 0.0, {128.0, 128.0, 128.0, false, false, false}});
  const auto us = [&](double rows, bool walks) {
    families.product_tiles.rules.front().tile.walks = walks;
    KernelRow row = product(rows);
    row.n = 4096.0;
    row.k = 1024.0;
    const auto call = std::get<KernelCall>(kernel_call(row));
    return FamilyClock(gpu, catalog().rates_for(gpu), families).time(row, call).in(units::us);
  };
  CHECK(us(16384.0, true) == Approx(us(16384.0, false)).epsilon(0.01));  // 17 MB of 96
  CHECK(us(262144.0, true) > 1.3 * us(262144.0, false));
}

TEST_CASE("family clock: a result that is a tensor of its own is copied through memory") {
  KernelRow row;
  row.op = "custom_allreduce";
  row.backend = "some engine 1.0";
  row.dtype = "bfloat16";
  row.gpus = 2.0;
  row.elements = 1e9;
  KernelFamily family;
  family.copies_message = true;
  const Times t = times(family, row);
  const GpuSpec& gpu = *catalog().find_gpu("H100-SXM5-80GB")->entry;
  const double fraction = catalog().rates_for(gpu).memory.memory_fraction;
  CHECK((t.with - t.without).in(units::ms) == Approx(2.0 * 2e9 / (fraction * 3.35e12) * 1e3));
}

TEST_CASE("family clock: lists read weights that fit into L2 from there, other rows from memory") {
  const GpuSpec& gpu = *catalog().find_gpu("L40S")->entry;
  const KernelRates& rates = catalog().rates_for(gpu);
  KernelFamilies families;
  families.l2_gb_s_per_unit = 30.0;
  const FamilyClock clock(gpu, rates, families);
  KernelRow row = product(16.0);
  row.dtype = "bfloat16";
  row.n = row.k = 4096.0;  // 34 MB of 96
  const auto us = [&](const KernelRow& of) {
    return clock.time(of, std::get<KernelCall>(kernel_call(of))).in(units::us);
  };
  const double looped = us(row);
  CHECK(looped < 33.5e6 / 864e9 * 1e6);
  KernelRow own = row;
  own.backend.clear();
  CHECK(us(own) > 33.5e6 / 864e9 * 1e6);
  families.rotations.push_back({"gemm", {}, 6.0, false});
  CHECK(us(row) == Approx(us(own)).epsilon(0.02));
}

TEST_CASE("family clock: a latent's heads are one product, each with weights of its own") {
  KernelRow row;
  row.op = "mla_bmm";
  row.backend = "vllm 0.24";
  row.kernel = "vllm_torch_bmm";
  row.dtype = "bfloat16";
  row.tokens = 512.0;
  row.q_heads = 64.0;
  const auto call = std::get<KernelCall>(kernel_call(row));
  CHECK(call.main().cls == KernelClass::kGemm);
  CHECK(call.main().gemm.m == 512.0 * 64.0);
  CHECK(call.main().weight_bytes.in(units::B) == 64.0 * 128.0 * 512.0 * 2.0);
  row.dtype = "fp8";
  CHECK(std::get<KernelCall>(kernel_call(row)).works.size() == 2);  // quantised on the way
  row.kernel = "trtllm_bmm_out_dequant_bf16";                       // widened when it was loaded
  CHECK(std::get<KernelCall>(kernel_call(row)).main().compute == Dtype::kBf16);
}

TEST_CASE(
    "family clock: hosts share their PCIe paths among the cards, links of their own they do not") {
  const auto us = [](const char* card, double ranks, double sharing) {
    const GpuSpec& gpu = *catalog().find_gpu(card)->entry;
    KernelFamilies families;
    families.pcie_sharing = {{"ada", {sharing, sharing, sharing, sharing}}};
    KernelRow row;
    row.op = "nccl_all_gather";
    row.backend = "nccl 2.0";
    row.dtype = "half";
    row.gpus = ranks;
    row.elements = 1e9;
    const auto call = std::get<KernelCall>(kernel_call(row));
    return FamilyClock(gpu, catalog().rates_for(gpu), families).time(row, call).in(units::us);
  };
  CHECK(us("L40S", 2, 2.0) == us("L40S", 2, 0.0));
  CHECK(us("L40S", 8, 2.0) / us("L40S", 8, 0.0) == Approx(16.0).epsilon(0.02));
  CHECK(us("H100-SXM5-80GB", 8, 2.0) == us("H100-SXM5-80GB", 8, 0.0));
}

TEST_CASE("family clock: calls without a graph take longer on the hosts that come with cards") {
  const auto us = [](const char* card, const char* kernel) {
    const GpuSpec& gpu = *catalog().find_gpu(card)->entry;
    const KernelFamilies families = KernelFamilies::read(catalog());
    KernelRow row;
    row.op = "custom_allreduce";
    row.backend = "sglang 0.5.14";
    row.kernel = kernel;
    row.dtype = "bfloat16";
    row.gpus = 2;
    row.elements = 1024;
    const auto call = std::get<KernelCall>(kernel_call(row));
    return FamilyClock(gpu, catalog().rates_for(gpu), families).time(row, call).in(units::us);
  };
  const char* const eager = "SGLang_CustomAllReduce_eager";
  CHECK(us("GB200", eager) / us("B200-SXM-180GB", eager) == Approx(2.2).epsilon(0.01));
  const char* const replayed = "SGLang_CustomAllReduce_graph";
  CHECK(us("GB200", replayed) == Approx(us("B200-SXM-180GB", replayed)).epsilon(0.05));
}
