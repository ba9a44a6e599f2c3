#include "calibrate/product_tiles.hpp"

#include "calibrate/kernel_family.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;
using gpusize::test::catalog;

namespace {

const ProductTile* tile(const std::string& backend, const std::string& kernel,
                        const std::string& dtype, const std::string& architecture, double rows,
                        double columns) {
  static const KernelFamilies families = KernelFamilies::read(catalog());
  KernelRow row;
  row.op = "gemm";
  row.backend = backend;
  row.kernel = kernel;
  row.dtype = dtype;
  return families.product_tiles.find(row, architecture, rows, columns);
}

const ProductTile& vllm_on_ada(double rows, double columns) {
  const ProductTile* found =
      tile("vllm 0.24", "CutlassFP8ScaledMMLinearKernel", "fp8", "ada", rows, columns);
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_CASE("product tiles: by rows and columns of the product") {
  CHECK(vllm_on_ada(1.0, 4096.0).rows == 32.0);
  CHECK(vllm_on_ada(32.0, 12288.0).columns == 128.0);
  CHECK(vllm_on_ada(33.0, 4096.0).promotes);
  CHECK_FALSE(vllm_on_ada(65.0, 4096.0).promotes);
  CHECK(vllm_on_ada(128.0, 65536.0).columns == 64.0);
  CHECK(vllm_on_ada(256.0, 4096.0).rows == 64.0);
  CHECK(vllm_on_ada(257.0, 4096.0).rows == 128.0);
  CHECK(vllm_on_ada(257.0, 8192.0).spills);
  CHECK_FALSE(vllm_on_ada(257.0, 8193.0).spills);
}

TEST_CASE("product tiles: of libraries that publish none, none") {
  CHECK(tile("vllm 0.24", "torch.nn.functional.linear", "bfloat16", "ada", 64.0, 4096.0) ==
        nullptr);
  CHECK(tile("trtllm 1.3", "torch_flow", "fp8", "ada", 64.0, 4096.0) == nullptr);
  CHECK(tile("trtllm 1.3", "torch_flow", "fp8_block", "blackwell", 64.0, 4096.0) == nullptr);
  CHECK(tile("trtllm 1.3", "torch_flow", "fp8_block", "ada", 64.0, 4096.0)->walks);
}
