#include "calibrate/expert_block.hpp"

#include "calibrate/family_clock.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;
using gpusize::test::catalog;

namespace {

KernelRow block(double tokens, const std::string& distribution, double ep = 1.0) {
  KernelRow row;
  row.op = "moe";
  row.backend = "an engine";
  row.kernel = "fused_moe_triton";
  row.dtype = "bfloat16";
  row.tokens = tokens;
  row.hidden = 4096.0;
  row.inter = 1536.0;
  row.experts = 128.0;
  row.topk = 8.0;
  row.tp = 1.0;
  row.ep = ep;
  row.distribution = distribution;
  return row;
}

double micros(const std::string& card, const KernelRow& row) {
  const GpuSpec& gpu = *catalog().find_gpu(card)->entry;
  const KernelFamilies families = KernelFamilies::read(catalog());
  const FamilyClock clock(gpu, catalog().rates_for(gpu), families);
  return clock.time(row, std::get<KernelCall>(kernel_call(row))).in(units::us);
}

}  // namespace

TEST_CASE("expert load: balanced copies are dealt round") {
  const ExpertLoad few = expert_load(block(4.0, "balanced", 8.0));
  CHECK(few.rows == 4.0);
  CHECK(few.groups == 4.0);
  const ExpertLoad many = expert_load(block(1024.0, "balanced", 8.0));
  CHECK(many.rows == 1024.0);
  CHECK(many.groups == 16.0);
}

TEST_CASE("expert load: a power law fills the slowest rank, within what its experts can take") {
  // Drawn 24 times by the rule that the function names: 532 of 128 experts, 7,370 of 8.
  CHECK(expert_load(block(320.0, "power_law_1.2", 8.0)).rows == Approx(532.0).epsilon(0.08));
  KernelRow few = block(8192.0, "power_law_1.01", 8.0);
  few.experts = 8.0;
  few.topk = 2.0;
  CHECK(expert_load(few).rows == Approx(7370.0).epsilon(0.15));
  CHECK(expert_load(few).rows <= few.tokens);
  CHECK(expert_load(block(64.0, "power_law_1.2")).rows == 64.0 * 8.0);
  const double even = expert_load(block(4096.0, "power_law_1.0", 8.0)).rows;
  CHECK(even == Approx(expert_load(block(4096.0, "power_law_1.001", 8.0)).rows).epsilon(0.01));
}

TEST_CASE("expert blocks: more tokens never take less time") {
  for (const char* card : {"A100-SXM4-80GB", "H100-SXM5-80GB", "B200-SXM-180GB", "L40S"}) {
    for (const char* kernel : {"fused_moe_triton", "moe_torch_flow_cutlass", "flashinfer_trtllm"}) {
      for (const double ep : {1.0, 4.0, 128.0}) {
        double last = 0.0;
        for (double tokens = 1.0; tokens <= 65536.0; tokens *= 1.25) {
          KernelRow row = block(tokens, "power_law_1.2", ep);
          row.kernel = kernel;
          const double us = micros(card, row);
          CAPTURE(card, kernel, ep, tokens);
          CHECK(us >= last);
          last = us;
        }
      }
    }
  }
}

TEST_CASE("expert blocks: Triton's passes visit the copies of other ranks") {
  KernelRow row = block(8192.0, "balanced", 128.0);
  const double triton = micros("H100-SXM5-80GB", row);
  row.kernel = "moe_torch_flow_cutlass";
  CHECK(triton > 3.0 * micros("H100-SXM5-80GB", row));
}

TEST_CASE("expert blocks: weights that fit into L2 are not read from memory again") {
  KernelRow row = block(8.0, "balanced", 1.0);
  row.inter = 48.0;  // 64 experts, 75.5 MB in all: L40S caches 96 MB and moves 864 GB/s
  CHECK(micros("L40S", row) < 75.5e6 / 864e9 * 1e6);
}
