#include "calibrate/expert_block.hpp"

#include <cmath>

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

TEST_CASE("expert blocks: more tokens never take less time") {
  for (const char* card : {"A100-SXM4-80GB", "H100-SXM5-80GB", "B200-SXM-180GB", "L40S"}) {
    for (const char* kernel : {"fused_moe_triton", "moe_torch_flow_cutlass", "flashinfer_trtllm"}) {
      for (const double ep : {1.0, 4.0, 128.0}) {
        double last = 0.0;
        double drawn = 0.0;
        for (double tokens = 1.0; tokens <= 65536.0; tokens *= 1.25) {
          KernelRow row = block(std::ceil(tokens), "balanced", ep);
          row.kernel = kernel;
          const double us = micros(card, row);
          CAPTURE(card, kernel, ep, tokens);
          CHECK(us >= last);
          last = us;
          // Loads of a power law are drawn: one draw of whole tokens may reach fewer experts.
          row.distribution = "power_law_1.2";
          const double law = micros(card, row);
          CHECK(law >= 0.9 * drawn);
          drawn = law;
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

TEST_CASE("expert blocks: a rank of SGLang's lists computes all copies of the tokens it gets") {
  KernelRow row = block(8192.0, "balanced", 8.0);
  const double other = micros("A100-SXM4-80GB", row);
  row.backend = "sglang 0.5.10";
  // Every token reaches the rank; seven of eight copies belong elsewhere.
  CHECK(micros("A100-SXM4-80GB", row) > 2.0 * other);
  row.ep = 1.0;
  const double whole = micros("A100-SXM4-80GB", row);
  row.backend = "sglang 0.5.14";  // which tells a rank's copies from others
  CHECK(micros("A100-SXM4-80GB", row) == Approx(whole));
}

TEST_CASE("expert blocks: a single token walks the depth") {
  KernelRow row = block(1.0, "balanced", 128.0);
  const double shallow = micros("H100-SXM5-80GB", row);
  row.hidden *= 2.0;
  row.inter = 0.5 * row.inter;  // as many weights
  CHECK(micros("H100-SXM5-80GB", row) > shallow + 3.0);
}

TEST_CASE("expert blocks: a library may visit every local expert, with copies or without") {
  KernelRow row = block(1.0, "balanced", 128.0);
  row.kernel = "deepgemm";
  row.dtype = "fp8_block";
  const double one = micros("B200-SXM-180GB", row);
  row.ep = 64.0;  // two local experts instead of one
  const double few = micros("B200-SXM-180GB", row);
  row.ep = 1.0;
  row.topk = 1.0;
  CHECK(few > one);
  CHECK(micros("B200-SXM-180GB", row) > few + 20.0);
}

TEST_CASE("expert blocks: experts without a gate have half the input product") {
  KernelRow row = block(8192.0, "balanced");
  row.kernel = "moe_torch_flow_cutlass";
  const double gated = micros("H100-SXM5-80GB", row);
  row.ungated = true;
  const double ungated = micros("H100-SXM5-80GB", row);
  CHECK(ungated < 0.75 * gated);
  CHECK(ungated > 0.6 * gated);
  row.ungated = false;
  row.kernel = "moe_torch_flow_nongated";
  CHECK(micros("H100-SXM5-80GB", row) == Approx(ungated));
}

TEST_CASE("expert blocks: whole tiles are multiplied, however few rows they hold") {
  // 128 experts of 4 and of 60 rows: both one tile of 64 rows for each expert.
  KernelRow row = block(64.0, "balanced");
  row.kernel = "moe_torch_flow_cutlass";
  const double few = micros("H100-SXM5-80GB", row);
  row.tokens = 960.0;
  const double full = micros("H100-SXM5-80GB", row);
  row.tokens = 1920.0;
  const double two = micros("H100-SXM5-80GB", row);
  CHECK(full - few < 0.5 * (two - full));
}

TEST_CASE("expert blocks: a kernel without a tactic for the shape pads to its largest tile") {
  KernelRow row = block(64.0, "balanced");
  row.kernel = "moe_torch_flow_cutlass";
  row.dtype = "fp8";
  const double tuned = micros("H100-SXM5-80GB", row);
  row.kernel = "flashinfer_cutlass";
  CHECK(micros("H100-SXM5-80GB", row) > 2.0 * tuned);
}

TEST_CASE("expert blocks: small tiles are bound by the loading of their operands") {
  KernelRow row = block(16384.0, "balanced");
  row.backend = "vllm 0.24.0";  // 128 by 128; versions before 0.17: 64 by 64
  const double large = micros("A100-SXM4-80GB", row);
  row.backend = "vllm 0.16.0";
  CHECK(micros("A100-SXM4-80GB", row) > 1.2 * large);
}

TEST_CASE("expert blocks: weights that a library unpacks are read in 16 bits") {
  KernelRow row = block(16.0, "balanced");
  row.dtype = "w4a16_mxfp4";
  row.backend = "vllm 0.24.0";
  const double packed = micros("H100-SXM5-80GB", row);
  row.backend = "sglang 0.5.14";
  CHECK(micros("H100-SXM5-80GB", row) > 2.0 * packed);
}

TEST_CASE("expert blocks: a rank routes the tokens that it is given") {
  KernelRow row = block(8192.0, "balanced", 128.0);  // 512 of them reach its expert
  row.backend = "sglang 0.5.10";
  const double reached = micros("A100-SXM4-80GB", row);
  row.ep = row.experts = 256.0;
  row.tokens = 16384.0;  // again 512
  CHECK(micros("A100-SXM4-80GB", row) == Approx(reached));
}
