// Every row of data/compat that forbids something, put to `plan` and `check`: neither lets it pass,
// and both name the row's source.

#include <algorithm>
#include <map>

#include "gpusize/catalog/compat.hpp"
#include "gpusize/gate/check.hpp"
#include "gpusize/plan/planner.hpp"
#include "gpusize/spec/read_deployments.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

using test::catalog;

const GpuSpec* card_of(const CompatFamily& family) {
  for (const GpuSpec& gpu : catalog().gpus()) {
    if (catalog().compat().family_of(gpu) == &family) return &gpu;
  }
  return nullptr;
}

/// Whether the row forbids its subject: outright, or the version that a name alone means.
bool forbids(const GpuSpec& gpu, const CompatRule& rule) {
  return ask_compat(catalog().compat(), gpu, {rule.subject, ""}).support == Support::kNo;
}

/// How a subject is asked for; empty words: that command has no such request.
struct Asked {
  std::string weights;             ///< of plan
  std::string engine;              ///< of plan
  std::vector<std::string> words;  ///< of check
};

std::vector<std::string> serve(std::vector<std::string> more) {
  std::vector<std::string> out{"vllm", "serve", "deepseek-7b"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

const std::map<std::string, Asked>& questions() {
  static const std::vector<std::string> kSglang{"python3", "-m", "sglang.launch_server",
                                                "--model-path", "deepseek-7b"};
  static const auto kQuestions = [] {
    std::map<std::string, Asked> out;
    out["vllm"] = {"", "vllm", serve({})};
    out["sglang"] = {"", "sglang", kSglang};
    out["bf16"] = {"bf16", "auto", serve({"--dtype", "bfloat16"})};
    out["fp8"] = {"fp8", "auto", serve({"--quantization", "fp8"})};
    out["fp4"] = {"nvfp4", "auto", serve({"--quantization", "modelopt_fp4"})};
    out["awq"] = {"awq", "auto", serve({"--quantization", "awq"})};
    out["marlin"] = {"", "", serve({"--quantization", "gptq_marlin"})};
    std::vector<std::string> int8 = kSglang;
    int8.insert(int8.end(), {"--quantization", "w8a8_int8"});
    out["int8"] = {"int8", "auto", int8};
    return out;
  }();
  return kQuestions;
}

/// The plan's refusals; `options`: how many ways it still found.
std::vector<std::string> refusals(const GpuSpec& gpu, const Asked& asked, std::size_t& options) {
  PlanRequest r;
  r.model = "deepseek-7b";
  r.qps = 1.0;
  r.workload = "custom";
  r.input_tokens = 500.0;
  r.output_tokens = 100.0;
  r.gpus = {gpu.id};
  if (!asked.weights.empty()) r.weights = {asked.weights};
  r.engines = {asked.engine};
  r.max_gpus = 1;
  const auto plan = make_plan(catalog(), *catalog().find_model(r.model)->entry, r);
  REQUIRE(plan.ok());
  options = plan->options.size();
  std::vector<std::string> out;
  for (const PlanRejection& rejection : plan->rejected) out.push_back(rejection.reason);
  return out;
}

std::vector<std::string> findings(const GpuSpec& gpu, const std::vector<std::string>& words) {
  CheckRequest request;
  request.defaults.gpu = gpu.id;
  request.today = "2026-11-26";
  const DeploymentSet set = read_command_line(words);
  std::vector<std::string> out;
  for (const Finding& f : run_check(catalog(), set, request).findings) {
    if (f.rule->code == "GS206" || f.rule->code == "GS207" || f.rule->code == "GS209")
      out.push_back(f.message);
  }
  return out;
}

bool cites(const std::vector<std::string>& texts, const CompatRule& rule) {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
    return text.find(rule.source.title) != std::string::npos &&
           text.find(rule.source.as_of) != std::string::npos;
  });
}

TEST_CASE("every row of the compatibility data has a dated source") {
  for (const CompatFamily& family : catalog().compat().families) {
    for (const CompatRule& rule : family.rules) {
      INFO(family.id << " " << rule.subject);
      CHECK(!rule.source.title.empty());
      CHECK(!rule.source.ref.empty());
      CHECK(rule.source.as_of.size() == 10);
    }
  }
}

TEST_CASE("plan refuses what a row forbids and names its source") {
  int rows = 0;
  for (const CompatFamily& family : catalog().compat().families) {
    const GpuSpec* gpu = card_of(family);
    if (gpu == nullptr) continue;
    for (const CompatRule& rule : family.rules) {
      const auto asked = questions().find(rule.subject);
      if (asked == questions().end() || asked->second.engine.empty() || !forbids(*gpu, rule))
        continue;
      INFO(gpu->id << " " << rule.subject);
      std::size_t options = 1;
      const auto texts = refusals(*gpu, asked->second, options);
      CHECK(options == 0);
      // A card that no engine profile covers is refused before its formats are looked at.
      const bool runs = default_engine(catalog(), *gpu, false) != nullptr;
      CHECK((runs ? cites(texts, rule) : !texts.empty()));
      ++rows;
    }
  }
  CHECK(rows >= 25);
}

TEST_CASE("check refuses what a row forbids and names its source") {
  int rows = 0;
  for (const CompatFamily& family : catalog().compat().families) {
    const GpuSpec* gpu = card_of(family);
    if (gpu == nullptr) continue;
    for (const CompatRule& rule : family.rules) {
      const auto asked = questions().find(rule.subject);
      if (asked == questions().end() || !forbids(*gpu, rule)) continue;
      INFO(gpu->id << " " << rule.subject);
      CHECK(cites(findings(*gpu, asked->second.words), rule));
      ++rows;
    }
  }
  CHECK(rows >= 30);
}

TEST_CASE("what a row allows is not refused by its name") {
  int rows = 0;
  for (const CompatFamily& family : catalog().compat().families) {
    const GpuSpec* gpu = card_of(family);
    if (gpu == nullptr) continue;
    for (const CompatRule& rule : family.rules) {
      const auto asked = questions().find(rule.subject);
      if (asked == questions().end() || forbids(*gpu, rule)) continue;
      INFO(gpu->id << " " << rule.subject);
      CHECK_FALSE(cites(findings(*gpu, asked->second.words), rule));
      ++rows;
    }
  }
  CHECK(rows >= 30);
}

}  // namespace
}  // namespace gpusize
