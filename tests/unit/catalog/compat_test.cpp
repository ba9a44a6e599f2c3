#include "gpusize/catalog/catalog.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

CompatAnswer ask(const std::string& gpu, const std::string& subject,
                 const std::string& version = "") {
  const auto found = test::catalog().find_gpu(gpu);
  REQUIRE(found.ok());
  return ask_compat(test::catalog().compat(), *found->entry, {subject, version});
}

/// One published statement; `source` is where a reader finds it.
struct Published {
  const char* gpu;
  const char* subject;
  const char* version;
  Support support;
  const char* source;
};

TEST_CASE("published compatibility statements") {
  const Published rows[] = {
      {"V100-SXM2-32GB", "bf16", "", Support::kNo,
       "NVIDIA Volta whitepaper: FP16 tensor cores only"},
      {"V100-SXM2-32GB", "fp8", "", Support::kNo, "TransformerEngine support matrix"},
      {"V100-SXM2-32GB", "vllm", "", Support::kNo, "vLLM 0.21 install page: capability 7.5"},
      {"V100-SXM2-32GB", "vllm", "0.14.0", Support::kYes, "vLLM 0.14 install page: capability 7.0"},
      {"V100-SXM2-32GB", "cuda", "13.0", Support::kNo, "NVIDIA: CUDA 13 drops Volta"},
      {"V100-SXM2-32GB", "cuda", "12.9", Support::kYes, "NVIDIA: CUDA 12.9 is the last"},
      {"V100-SXM2-32GB", "sglang", "", Support::kNo, "docs.sglang.io: sm75 and newer"},
      {"V100-SXM2-32GB", "flash-attention-2", "", Support::kNo, "FlashAttention readme: Ampere"},
      {"T4", "vllm", "", Support::kYes, "vLLM 0.21 install page: capability 7.5"},
      {"T4", "bf16", "", Support::kNo, "vLLM quantisation table"},
      {"A100-SXM4-80GB", "fp8", "", Support::kNo, "TransformerEngine support matrix"},
      {"A100-SXM4-80GB", "bf16", "", Support::kYes, "NVIDIA A100 datasheet"},
      {"A100-SXM4-80GB", "cuda", "10.2", Support::kNo, "CUDA 11.0 introduced Ampere"},
      {"A100-SXM4-80GB", "flash-attention-3", "", Support::kNo, "FlashAttention readme: Hopper"},
      {"A100-SXM4-80GB", "mig", "", Support::kYes, "MIG user guide"},
      {"L40S", "fp8", "", Support::kYes, "TransformerEngine support matrix"},
      {"H100-SXM5-80GB", "fp8", "", Support::kYes, "TransformerEngine support matrix"},
      {"H100-SXM5-80GB", "flashmla", "", Support::kYes, "TransformerEngine support matrix row"},
      {"H100-SXM5-80GB", "cuda", "11.7", Support::kNo, "CUDA 11.8 introduced Hopper"},
      {"B200-SXM-180GB", "fp4", "", Support::kYes, "TransformerEngine support matrix"},
      {"B200-SXM-180GB", "cuda", "12.6", Support::kNo, "CUDA 12.8 introduced Blackwell"},
      {"MI300X", "rocm", "6.2", Support::kNo, "vLLM 0.14 install page: ROCm 6.3"},
      {"MI300X", "vllm", "", Support::kYes, "vLLM 0.14 install page"},
      {"MI100", "vllm", "", Support::kUnknown, "vLLM does not list gfx908"},
  };
  for (const Published& row : rows) {
    INFO(row.gpu << " " << row.subject << " " << row.version << " (" << row.source << ")");
    const CompatAnswer answer = ask(row.gpu, row.subject, row.version);
    CHECK(name_of(answer.support) == name_of(row.support));
    CHECK_FALSE(answer.reason.empty());
    CHECK_FALSE(answer.source.title.empty());
  }
}

TEST_CASE("every rule has a source and a date") {
  REQUIRE(test::catalog().compat().families.size() > 15);
  for (const CompatFamily& family : test::catalog().compat().families) {
    std::set<std::string> subjects;
    for (const CompatRule& rule : family.rules) {
      INFO(family.id << " " << rule.subject);
      CHECK_FALSE(rule.source.title.empty());
      CHECK(rule.source.as_of.size() == 10);
      CHECK(subjects.insert(rule.subject).second);
      if (!rule.min.empty() && !rule.max.empty()) CHECK(compare_versions(rule.min, rule.max) <= 0);
    }
  }
}

TEST_CASE("the catalog's peaks and the format rules agree") {
  const std::pair<const char*, Dtype> formats[] = {
      {"bf16", Dtype::kBf16}, {"fp8", Dtype::kFp8}, {"fp4", Dtype::kNvfp4}};
  for (const GpuSpec& gpu : test::catalog().gpus()) {
    for (const auto& [subject, dtype] : formats) {
      INFO(gpu.id << " " << subject);
      const CompatAnswer answer = ask_compat(test::catalog().compat(), gpu, {subject, ""});
      if (gpu.peak(dtype)) CHECK(answer.support != Support::kNo);
    }
  }
}

TEST_CASE("what nobody states is unknown") {
  CHECK(ask("H100-SXM5-80GB", "rocm").support == Support::kUnknown);
  CHECK(ask("TPU-v5p", "vllm").support == Support::kUnknown);
  CHECK_FALSE(ask("TPU-v5p", "vllm").reason.empty());
}

TEST_CASE("a toolkit needs its driver") {
  const auto answers =
      check_needs(test::catalog().compat(), {{"cuda", "13.0"}, {"driver", "570.124.06"}});
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].support == Support::kNo);
  CHECK(answers[0].min == "580.65.06");
  const auto good =
      check_needs(test::catalog().compat(), {{"cuda", "12.4"}, {"driver", "550.54.15"}});
  REQUIRE(good.size() == 1);
  CHECK(good[0].support == Support::kYes);
  const auto alone = check_needs(test::catalog().compat(), {{"cuda", "12.4"}});
  REQUIRE(alone.size() == 1);
  CHECK(alone[0].support == Support::kUnknown);
}

TEST_CASE("versions compare by number, to the length of the bound") {
  CHECK(compare_versions("12.10", "12.9") > 0);
  CHECK(compare_versions("12.9.1", "12.9") == 0);
  CHECK(compare_versions("0.20.3", "0.20") == 0);
  CHECK(compare_versions("0.21", "0.20") > 0);
  CHECK(compare_versions("450", "450.80.02") < 0);
  CHECK(is_version("580.65.06"));
  CHECK_FALSE(is_version("12.x"));
  CHECK_FALSE(is_version("12..1"));
  CHECK_FALSE(is_version(""));
}

}  // namespace
}  // namespace gpusize
