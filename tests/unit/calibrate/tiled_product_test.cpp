#include "calibrate/tiled_product.hpp"

#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;
using gpusize::test::catalog;

namespace {

TiledProduct product(double m, double n, double k) {
  TiledProduct out;
  out.work.cls = KernelClass::kGemm;
  out.work.compute = out.work.weight = Dtype::kFp8;
  out.work.gemm = {m, n, k, 1.0};
  return out;  // moves no bytes: only sums count
}

const ProductTile kTile{128.0, 128.0, 128.0, false, false, false};

/// Time beside the launch.
double us(const char* card, const TiledProduct& of, const ProductTile& tile = kTile,
          const KernelFamily& family = {}) {
  const GpuSpec& gpu = *catalog().find_gpu(card)->entry;
  const KernelRates& rates = catalog().rates_for(gpu);
  const Device device(gpu, rates);
  return (tiled_product_time(of, tile, family, device) - rates.gemm.launch).in(units::us);
}

}  // namespace

TEST_CASE("tiled product: an SM alone takes its share of the card's peak") {
  // 128 x 128 x 2 x (8192 + 128) FLOPs on one of 142 SMs that have 733 TFLOP/s together
  const double alone = us("L40S", product(128.0, 128.0, 8192.0));
  CHECK(alone == Approx(2.0 * 128 * 128 * 8320 / (733e12 / 142) * 1e6).epsilon(1e-3));
  CHECK(us("L40S", product(1.0, 1.0, 8192.0)) == Approx(alone));
  CHECK(us("L40S", product(128.0, 128.0 * 142, 8192.0)) >= alone);
}

TEST_CASE("tiled product: one tile more is one wave more") {
  const double fits = us("L40S", product(128.0, 128.0 * 142, 512.0));
  const double more = us("L40S", product(128.0, 128.0 * 143, 512.0));
  CHECK(more > 1.1 * fits);
  CHECK(us("L40S", product(128.0, 128.0 * 200, 512.0)) >= more);
}

TEST_CASE("tiled product: each of a batch's products has tiles of its own") {
  TiledProduct batch = product(284.0, 128.0, 512.0);
  const double together = us("L40S", batch);  // three tiles
  batch.batches = 142.0;
  CHECK(us("L40S", batch) == Approx(together));
  batch.batches = 284.0;  // two tiles on each SM
  CHECK(us("L40S", batch) == Approx(2.0 * together));
}

TEST_CASE("tiled product: promotion and slow loading lengthen a tile") {
  const TiledProduct one = product(16.0, 64.0, 8192.0);
  ProductTile small{16.0, 64.0, 128.0, false, false, false};
  const double plain = us("H100-SXM5-80GB", one, small);
  small.promotes = true;
  CHECK(us("H100-SXM5-80GB", one, small) > plain);
  KernelFamily fed;
  fed.feed_gb_s = 100.0;  // 80 bytes for each element of depth
  small.promotes = false;
  CHECK(us("H100-SXM5-80GB", one, small, fed) == Approx(80.0 * 8320 / 100e9 * 1e6).epsilon(1e-3));
}

TEST_CASE("tiled product: outputs that are written after the sums come on top") {
  const TiledProduct wide = product(4096.0, 8192.0, 128.0);
  KernelFamily family;
  const double plain = us("L40S", wide, kTile, family);
  family.write_fraction = 0.5;
  const double written = us("L40S", wide, kTile, family);
  CHECK(written - plain == Approx(4096.0 * 8192 * 2 / (0.5 * 864e9) * 1e6).epsilon(1e-3));
  ProductTile spilling = kTile;
  spilling.spills = true;
  CHECK(us("L40S", wide, spilling, family) - written == Approx(written - plain).epsilon(1e-3));
}
