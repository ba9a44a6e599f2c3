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

TEST_CASE("versions are compared by their first three numbers") {
  CHECK(version_before("0.8.5", "0.21"));
  CHECK(version_before("v0.12.0rc1", "0.21"));
  CHECK_FALSE(version_before("0.21.0", "0.21"));
  CHECK_FALSE(version_before("1.0", "0.21"));
  CHECK_FALSE(version_before("latest", "0.21"));
  CHECK_FALSE(version_before("0", "0.21"));
  CHECK_FALSE(version_before("", "0.21"));
  CHECK(version_before("0.5.1.post1", "0.5.4"));
  CHECK(version_before("0.5", "0.5.4"));
  CHECK(version_before("0.5rc1", "0.5.4"));
  CHECK_FALSE(version_before("0.5.10.post1", "0.5.4"));
  CHECK_FALSE(version_before("0.5.4", "0.5.4"));
}

TEST_CASE("an older version or year takes the profile that describes it") {
  CHECK(profile("vllm", "0.11.2", {}) == "vllm-0.20");
  CHECK(profile("vllm", "0.21.0", {}) == "vllm");
  CHECK(profile("vllm", "", {}) == "vllm");
  CHECK(profile("vllm", "", 2025) == "vllm-0.20");
  CHECK(profile("vllm", "", 2026) == "vllm");
  // Numbers of somebody else's build: the year tells.
  CHECK(profile("vllm", "6.3.1", 2025) == "vllm-0.20");
  CHECK(profile("sglang", "0.4.6", 2025) == "sglang-0.5.3");
  CHECK(profile("sglang", "0.5.1.post1", 2026) == "sglang-0.5.3");
  CHECK(profile("sglang", "0.5.6.post2", 2026) == "sglang");
  CHECK(profile("sglang", "", 2025) == "sglang-0.5.3");
  CHECK(profile("lmdeploy", "0.1.0", 2023) == "lmdeploy");
  CHECK(profile("tensorrt-llm", "0.9.0", 2024) == "tensorrt-llm-0.9");
  CHECK(profile("tensorrt-llm", "0.7a", 2023) == "tensorrt-llm-0.7");
  CHECK(profile("tensorrt-llm", "", 2023) == "tensorrt-llm-0.7");
  CHECK(profile("tensorrt-llm", "0.15", 2024) == "tensorrt-llm-0.21");
  CHECK(profile("tensorrt-llm", "", 2024) == "tensorrt-llm-0.21");
  CHECK(profile("tensorrt-llm", "0.21", 2025) == "tensorrt-llm");
  CHECK(profile("tensorrt-llm", "1.0", 2025) == "tensorrt-llm");
  // Builds have no version of that form.
  CHECK(profile("llama.cpp", "b2600", 2024) == "llama.cpp-2024");
  CHECK(profile("llama.cpp", "b2600", {}) == "llama.cpp");
  CHECK(profile("llama.cpp", "", 2025) == "llama.cpp");
  // Who names the profile has chosen.
  CHECK(profile("vllm-0.20", "0.21.0", 2026) == "vllm-0.20");
}

TEST_CASE("numbers that another product took over tell no version") {
  CHECK(profile("tensorrt-llm", "0.8.1.post2", 2026) == "tensorrt-llm");
  CHECK(profile("tensorrt-llm", "0.8.1", {}) == "tensorrt-llm");  // which product's is not known
}

TEST_CASE("profiles of vLLM differ in memory and in the server, not in steps") {
  const EngineProfile& now = *shipped().find_engine("vllm")->entry;
  const EngineProfile& before = *shipped().find_engine("vllm-0.20")->entry;
  CHECK(now.memory_fraction == 0.92);
  CHECK(before.memory_fraction == 0.9);
  CHECK(now.request_overhead == before.request_overhead);
  CHECK(now.host_per_step == before.host_per_step);
  CHECK(now.eager_launch == before.eager_launch);
  CHECK(now.fact("front_end_ms")->value < before.fact("front_end_ms")->value);
}

TEST_CASE("profiles of SGLang differ in how clients of a closed loop meet") {
  const EngineProfile& now = *shipped().find_engine("sglang")->entry;
  const EngineProfile& before = *shipped().find_engine("sglang-0.5.3")->entry;
  CHECK(before.fact("rush_share")->value == 1.0);
  CHECK(now.fact("rush_share") == nullptr);
  CHECK(before.prefill_first);
  CHECK(now.prefill_first);
  CHECK(now.memory_fraction == before.memory_fraction);
  CHECK(now.host_per_step == before.host_per_step);
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
