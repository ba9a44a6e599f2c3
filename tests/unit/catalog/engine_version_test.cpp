#include "gpusize/catalog/engine_version.hpp"

#include "support/catch.hpp"

namespace gpusize {
namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

std::string profile(std::string_view engine, std::string_view version,
                    std::optional<std::int64_t> year) {
  const auto found = shipped().find_engine(engine);
  REQUIRE(found.ok());
  return engine_in_version(shipped(), *found->entry, version, year).id;
}

TEST_CASE("versions are compared by their first two numbers") {
  CHECK(version_before("0.8.5", "0.21"));
  CHECK(version_before("v0.12.0rc1", "0.21"));
  CHECK_FALSE(version_before("0.21.0", "0.21"));
  CHECK_FALSE(version_before("1.0", "0.21"));
  CHECK_FALSE(version_before("latest", "0.21"));
  CHECK_FALSE(version_before("0", "0.21"));
  CHECK_FALSE(version_before("", "0.21"));
}

TEST_CASE("an older version or year takes the profile that describes it") {
  CHECK(profile("vllm", "0.11.2", {}) == "vllm-0.20");
  CHECK(profile("vllm", "0.21.0", {}) == "vllm");
  CHECK(profile("vllm", "", {}) == "vllm");
  CHECK(profile("vllm", "", 2025) == "vllm-0.20");
  CHECK(profile("vllm", "", 2026) == "vllm");
  // Numbers of somebody else's build: the year tells.
  CHECK(profile("vllm", "6.3.1", 2025) == "vllm-0.20");
  CHECK(profile("sglang", "0.4.6", 2025) == "sglang");
  // Who names the profile has chosen.
  CHECK(profile("vllm-0.20", "0.21.0", 2026) == "vllm-0.20");
}

TEST_CASE("profiles of one engine differ in memory, not in time") {
  const EngineProfile& now = *shipped().find_engine("vllm")->entry;
  const EngineProfile& before = *shipped().find_engine("vllm-0.20")->entry;
  CHECK(now.memory_fraction == 0.92);
  CHECK(before.memory_fraction == 0.9);
  CHECK(now.request_overhead == before.request_overhead);
  CHECK(now.host_per_step == before.host_per_step);
  CHECK(now.eager_launch == before.eager_launch);
}

TEST_CASE("padding is found by format and architecture") {
  const EngineProfile& vllm = *shipped().find_engine("vllm")->entry;
  const PaddingRule* hopper = vllm.padding_of(Dtype::kMxfp4, "hopper");
  REQUIRE(hopper != nullptr);
  CHECK(hopper->padding.reduction_only);
  const PaddingRule* ada = vllm.padding_of(Dtype::kMxfp4, "ada");
  REQUIRE(ada != nullptr);
  CHECK(ada->padding.scales);
  CHECK(vllm.padding_of(Dtype::kFp8, "hopper") == nullptr);
  CHECK(vllm.padding_of(Dtype::kMxfp4, "volta") == nullptr);
  CHECK(shipped().find_engine("transformers")->entry->padding.empty());
}

}  // namespace
}  // namespace gpusize
