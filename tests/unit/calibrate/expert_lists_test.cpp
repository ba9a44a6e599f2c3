#include "calibrate/expert_lists.hpp"

#include "calibrate/kernel_family.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;

namespace {

KernelRow block(const std::string& backend, const std::string& kernel, const std::string& dtype) {
  KernelRow row;
  row.op = "moe";
  row.backend = backend;
  row.kernel = kernel;
  row.dtype = dtype;
  row.experts = 128.0;
  row.inter = 1536.0;
  row.ep = 2.0;
  row.tp = 1.0;
  return row;
}

const ExpertLists& lists() {
  static const KernelFamilies families = KernelFamilies::read(test::catalog());
  return families.lists;
}

}  // namespace

TEST_CASE("expert lists: Triton's default tile grows with the tokens") {
  const KernelRow old = block("sglang 0.5.14", "fused_moe_triton", "bfloat16");
  CHECK(lists().tile(old, "hopper", 64.0).rows == 16.0);  // no more tokens than experts
  CHECK(lists().tile(old, "hopper", 65.0).rows == 64.0);
  const KernelRow now = block("vllm 0.24.0", "triton_tritonexperts", "fp8");
  double last = 0.0;
  for (const double tokens : {1.0, 33.0, 97.0, 513.0}) {
    CHECK(lists().tile(now, "ada", tokens).rows > last);
    last = lists().tile(now, "ada", tokens).rows;
  }
}

TEST_CASE("expert lists: a tuned shape is not bound by the default tile") {
  KernelRow row = block("vllm 0.14.0", "vllm_fused_moe", "bfloat16");
  row.ep = 1.0;
  row.tp = 8.0;  // 192 wide
  CHECK(lists().tile(row, "ampere", 4096.0).columns == 0.0);
  CHECK(lists().tile(row, "hopper", 4096.0).columns == 64.0);
  row.tp = 4.0;
  CHECK(lists().tile(row, "ampere", 4096.0).columns == 64.0);
}

TEST_CASE("expert lists: rows of the cards' matrix instructions") {
  const KernelRow row = block("trtllm 1.3", "moe_torch_flow_cutlass", "bfloat16");
  CHECK(lists().tile(row, "ampere", 64.0).rows == 16.0);
  CHECK(lists().tile(row, "hopper", 64.0).rows == 64.0);
}

TEST_CASE("expert lists: collectors by their backend") {
  CHECK(lists().dealing("vllm 0.14.0") == Dealing::kToSmallest);
  CHECK(lists().dealing("trtllm 1.0.0") == Dealing::kToLargest);
  CHECK(lists().dealing("trtllm 1.3.0rc20") == Dealing::kPerRank);
  CHECK(begins_with_any("sglang 0.5.10", lists().always_gated));
  CHECK_FALSE(begins_with_any("sglang 0.5.14", lists().always_gated));
}
