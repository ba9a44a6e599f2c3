#include "calibrate/kernel_family.hpp"

#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;
using gpusize::test::catalog;

namespace {

KernelRow row(const std::string& op, const std::string& backend, const std::string& kernel,
              const std::string& dtype) {
  KernelRow out;
  out.op = op;
  out.backend = backend;
  out.kernel = kernel;
  out.dtype = dtype;
  return out;
}

std::string family(const KernelRow& of, const std::string& architecture) {
  static const KernelFamilies families = KernelFamilies::read(catalog());
  const KernelFamily* found = families.of(of, architecture);
  return found == nullptr ? "" : found->id;
}

}  // namespace

TEST_CASE("kernel families: the shipped file is read whole") {
  const KernelFamilies families = KernelFamilies::read(catalog());
  CHECK(families.families.size() >= 20);
  CHECK(families.l2_gb_s_per_unit > 0.0);
  CHECK(families.experts.per_depth > Seconds{});
  CHECK(families.problems.empty());
}

TEST_CASE("kernel families: by backend, kernel, format and architecture") {
  CHECK(family(row("gemm", "trtllm 1.3", "torch_flow", "fp8"), "hopper") == "trtllm-fp8");
  CHECK(family(row("gemm", "trtllm 1.3", "torch_flow", "bfloat16"), "hopper").empty());
  CHECK(family(row("moe", "vllm 0.24", "unquantized_triton_tritonexperts", "bfloat16"), "ada") ==
        "triton");
  CHECK(family(row("moe", "sglang 0.5", "flashinfer_trtllm_moe", "fp8_block"), "blackwell") ==
        "trtllm-gen-blocks");
  CHECK(family(row("moe", "sglang 0.5", "flashinfer_trtllm_moe", "nvfp4"), "blackwell") ==
        "trtllm-gen-nvfp4");
  CHECK(family(row("moe", "sglang 0.5", "flashinfer_trtllm_moe", "bfloat16"), "blackwell") ==
        "trtllm-gen");
  CHECK(family(row("moe", "vllm 0.24", "flashinfer_cutlass_experts", "fp8_block"), "hopper") ==
        "block-scaled");
  CHECK(family(row("moe", "trtllm 1.3", "moe_torch_flow", "w4a8_mxfp4_mxfp8"), "blackwell") ==
        "trtllm-gen-mxfp4");
  CHECK(family(row("moe", "trtllm 1.3", "moe_torch_flow", "w4a16_mxfp4"), "blackwell") ==
        "torch-flow-unpacked");
}

TEST_CASE("kernel families: expert blocks share what a family does not state") {
  const KernelFamilies families = KernelFamilies::read(catalog());
  const KernelFamily* cutlass =
      families.of(row("moe", "trtllm 1.3", "moe_torch_flow", "fp8"), "ampere");
  REQUIRE(cutlass != nullptr);
  CHECK(cutlass->launches == families.experts.launches);
  CHECK(cutlass->flop_fraction == families.experts.flop_fraction);
  const KernelFamily* generated =
      families.of(row("moe", "vllm 0.24", "flashinfer_trtllm", "nvfp4"), "blackwell");
  REQUIRE(generated != nullptr);
  CHECK(generated->launches != families.experts.launches);
  CHECK(generated->memory_fraction > 1.0);
}

TEST_CASE("kernel families: which lists give a rank its tokens' remote copies") {
  const KernelFamilies families = KernelFamilies::read(catalog());
  const KernelFamily* triton =
      families.of(row("moe", "sglang 0.5.10", "fused_moe_triton", "bfloat16"), "ampere");
  REQUIRE(triton != nullptr);
  CHECK(triton->takes_remote_copies("sglang 0.5.10"));
  CHECK_FALSE(triton->takes_remote_copies("sglang 0.5.14"));
  CHECK_FALSE(triton->takes_remote_copies("vllm 0.24"));
}

TEST_CASE("kernel families: lists rotate through copies of the weights") {
  const KernelFamilies families = KernelFamilies::read(catalog());
  const double l2 = 50e6;
  CHECK(families.rotated(row("gemm", "sglang 0.5", "k", "bfloat16"), 1e6, l2) == 6e6);
  CHECK(families.rotated(row("gemm", "vllm 0.24", "k", "nvfp4"), 1e6, l2) == 1e6);
  CHECK(families.rotated(row("gemm", "trtllm 1.3", "k", "fp8"), 1e6, l2) == 5e6);
  // TensorRT-LLM's: no more than fill the cache
  CHECK(families.rotated(row("gemm", "trtllm 1.3", "k", "fp8"), 20e6, l2) == 60e6);
  CHECK(families.rotated(row("gemm", "trtllm 1.3", "k", "fp8"), 90e6, l2) == 90e6);
  CHECK(families.rotated(row("mla_bmm", "trtllm 1.3", "k", "fp8"), 1e6, l2) == 1e6);
}

TEST_CASE("kernel families: lists of engines have bands of their own") {
  const KernelFamilies families = KernelFamilies::read(catalog());
  const KernelBand* band =
      families.band(row("gemm", "vllm 0.24", "a kernel", "bfloat16"), "hopper");
  REQUIRE(band != nullptr);
  CHECK(band->low < 0.0);
  CHECK(band->high > 0.0);
  CHECK_FALSE(families.source.ref.empty());
  // Own timings take the band of the rates, which were fitted on them.
  CHECK(families.band(row("gemm", "", "a kernel", "bfloat16"), "hopper") == nullptr);
  CHECK(families.band(row("nccl_all_reduce", "nccl", "nccl", "half"), "volta") == nullptr);
}

TEST_CASE("kernel families: rows without a backend or of unknown libraries have none") {
  CHECK(family(row("gemm", "", "", "fp8"), "hopper").empty());
  CHECK(family(row("moe", "an engine", "a kernel of its own", "bfloat16"), "hopper").empty());
}
