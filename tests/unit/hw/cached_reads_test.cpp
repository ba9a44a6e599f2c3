#include "gpusize/hw/cached_reads.hpp"

#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using gpusize::test::catalog;

TEST_CASE(
    "cached reads: a cache of 96 MB holds 96 MiB, and half of what just fills it comes from "
    "there") {
  const GpuSpec& gpu = *catalog().find_gpu("L40S")->entry;
  const Device device(gpu, catalog().rates_for(gpu));
  const CachedReads reads(device, 30.0);
  CHECK(reads.capacity() == 96.0 * 1024 * 1024);
  const double bytes = 1e9;
  const double cached = reads.seconds(bytes, 0.0, 0.8);
  const double streamed = reads.seconds(bytes, 1e3 * reads.capacity(), 0.8);
  CHECK(cached == Approx(bytes / (30e9 * 142)).epsilon(1e-6));
  CHECK(streamed == Approx(bytes / (0.8 * 864e9)).epsilon(1e-6));
  CHECK(reads.seconds(bytes, reads.capacity(), 0.8) == Approx(0.5 * (cached + streamed)));
}
