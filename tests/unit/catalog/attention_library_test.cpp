#include "gpusize/catalog/attention_library.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "gpusize/catalog/catalog.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

AttentionLibraries shipped() {
  auto catalog = Catalog::shipped();
  REQUIRE(catalog.ok());
  const auto documents = catalog->documents("gpusize.attention-kernels/v1");
  REQUIRE(documents.size() == 1);
  Diagnostics problems;
  auto read = read_attention_libraries(*documents.front(), problems);
  REQUIRE(read);
  return std::move(*read);
}

TEST_CASE("a kernel's row is found by architecture and by any of its names") {
  const AttentionLibraries libraries = shipped();
  const AttentionLibrary* hopper = libraries.find("hopper", "fa3");
  REQUIRE(hopper != nullptr);
  CHECK(hopper == libraries.find("hopper", "flash_attention"));
  CHECK(hopper->absorbed);
  const AttentionLibrary* ampere = libraries.find("ampere", "flash_attention");
  REQUIRE(ampere != nullptr);
  CHECK(ampere != hopper);
  CHECK(libraries.find("ampere", "fa3") == nullptr);
  CHECK(libraries.find("hopper", "") == nullptr);
}

TEST_CASE("what a row leaves out is the plain kernel") {
  const AttentionLibraries libraries = shipped();
  const AttentionLibrary* sglang = libraries.find("ampere", "flash_attention");
  REQUIRE(sglang != nullptr);
  const AttentionLibrary* triton = libraries.find("hopper", "triton");
  REQUIRE(triton != nullptr);
  CHECK_FALSE(triton->narrow_decode);
  CHECK_FALSE(triton->decode.latency);
  CHECK(triton->decode.launch_per_head == 0.0);
  CHECK_FALSE(triton->persistent);
  CHECK(triton->memory_passes == 1.0);
  CHECK(sglang->latent_fraction == sglang->flop_fraction);
  CHECK(sglang->narrow_speed == 1.0);
  CHECK_FALSE(sglang->latent_decode);
}

TEST_CASE("a kernel over narrow caches takes over what it does not name") {
  const AttentionLibraries libraries = shipped();
  const AttentionLibrary* trt = libraries.find("ada", "torch_flow");
  REQUIRE(trt != nullptr);
  REQUIRE(trt->narrow_decode);
  CHECK(trt->decode.splits_packed);
  CHECK_FALSE(trt->narrow_decode->splits_packed);
  CHECK(trt->narrow_decode->launch != trt->decode.launch);
  CHECK(trt->narrow_decode->packed_heads == trt->decode.packed_heads);
  const AttentionLibrary* hopper = libraries.find("hopper", "torch_flow");
  REQUIRE(hopper != nullptr);
  REQUIRE(hopper->narrow_decode);
  CHECK(hopper->narrow_decode->per_query == hopper->decode.per_query);
  CHECK(hopper->narrow_decode->latency == hopper->decode.latency);
}

TEST_CASE("a head dimension has the first tile that holds it, or the last") {
  const AttentionLibraries libraries = shipped();
  const AttentionLibrary* hopper = libraries.find("hopper", "fa3");
  REQUIRE(hopper != nullptr);
  CHECK(hopper->tile(32.0).queries == 192.0);
  CHECK(hopper->tile(64.0).window_keys == 160.0);
  CHECK(hopper->tile(65.0).short_queries == 64.0);
  CHECK(hopper->tile(256.0).keys == 80.0);
  CHECK(hopper->tile(544.0).keys == 64.0);
  CHECK(hopper->tile(1024.0).keys == 64.0);
}

TEST_CASE("no kernel of an architecture has two rows, and every fit states its rows") {
  const AttentionLibraries libraries = shipped();
  std::set<std::pair<std::string, std::string>> seen;
  for (const AttentionLibrary& library : libraries.kernels) {
    CHECK_FALSE(library.names.empty());
    for (const std::string& name : library.names)
      CHECK(seen.emplace(library.architecture, name).second);
  }
  CHECK(libraries.fits.size() == 14);
  for (const FitNote& fit : libraries.fits) CHECK(fit.n > 0);
}

}  // namespace
}  // namespace gpusize
