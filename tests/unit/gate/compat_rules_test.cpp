// Rules that ask data beside the card: compatibility by engine version, formats, API prices,
// instance types, weights of engines without a memory profile.

#include "gpusize/gate/check.hpp"
#include "gpusize/spec/read_deployments.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;

namespace {

using test::catalog;

struct Checked {
  DeploymentSet deployments;
  CheckResult result;
  [[nodiscard]] const Finding* find(std::string_view code) const {
    for (const Finding& f : result.findings) {
      if (f.rule->code == code) return &f;
    }
    return nullptr;
  }
  [[nodiscard]] bool gap(std::string_view code) const {
    for (const Unassessed& u : result.not_assessed) {
      if (u.code == code) return true;
    }
    return false;
  }
};
Checked check(const std::string& gpu, std::vector<std::string> words) {
  CheckRequest request;
  request.defaults.gpu = gpu;
  request.today = "2026-11-26";
  Checked out{read_command_line(words), {}};
  out.result = run_check(catalog(), out.deployments, request);
  return out;
}

}  // namespace

TEST_CASE("a version that nobody states is said to be the current one") {
  const Checked v100 = check("V100-SXM2-32GB", {"vllm", "serve", "Qwen/Qwen3-0.6B"});
  REQUIRE(v100.find("GS207") != nullptr);
  CHECK(v100.find("GS207")->message.find("no version is stated") != std::string::npos);
  CHECK(check("T4", {"vllm", "serve", "Qwen/Qwen3-0.6B"}).find("GS207") == nullptr);
}

TEST_CASE("an option that the card refuses has its own place") {
  const Checked t4 = check("T4", {"vllm", "serve", "Qwen/Qwen3-0.6B", "--dtype", "bfloat16"});
  REQUIRE(t4.find("GS209") != nullptr);
  CHECK(t4.find("GS209")->place.column == 36);
  CHECK(t4.find("GS209")->severity == Severity::kError);
  CHECK(check("T4", {"vllm", "serve", "Qwen/Qwen3-0.6B", "--dtype", "half"}).find("GS209") ==
        nullptr);
}

TEST_CASE("what an engine widens is a warning, what it compares with the card an error") {
  const auto codes = [](const char* card, const char* quantization) {
    const Checked c =
        check(card, {"vllm", "serve", "Qwen/Qwen3-0.6B", "--quantization", quantization});
    return std::pair{c.find("GS206") != nullptr, c.find("GS209") != nullptr};
  };
  CHECK(codes("A100-SXM4-80GB", "fp8") == std::pair{true, false});
  CHECK(codes("V100-SXM2-32GB", "awq") == std::pair{false, true});
  CHECK(codes("V100-SXM2-32GB", "gptq") == std::pair{false, false});
  // SGLang goes on in FP16 by itself.
  const Checked sglang = check("T4", {"python", "-m", "sglang.launch_server", "--model-path",
                                      "Qwen/Qwen3-0.6B", "--dtype", "bfloat16"});
  CHECK(sglang.find("GS209") == nullptr);
  CHECK(sglang.find("GS206") != nullptr);
}

TEST_CASE("a quantisation of unknown size is not assessed, not taken as the checkpoint's") {
  const Checked c =
      check("L4", {"vllm", "serve", "meta-llama/Llama-3.3-70B-Instruct", "--quantization", "hqq"});
  CHECK(c.gap("GS902"));
  CHECK(c.find("GS101") == nullptr);
}

TEST_CASE("weights above the whole card are found without a memory profile") {
  // 70.6e9 parameters of 16 bits: 131 GiB.
  const auto tgi = [](const std::string& shards) {
    return check("H100-SXM5-80GB", {"text-generation-launcher", "--model-id",
                                    "meta-llama/Llama-3.3-70B-Instruct", "--num-shard", shards});
  };
  CHECK(tgi("1").find("GS101") != nullptr);
  CHECK(tgi("2").find("GS101") == nullptr);
  CHECK(tgi("2").gap("GS906"));
}

TEST_CASE("instance types name the card, also in sizes that have no price") {
  const auto card = [](const std::string& type) {
    const auto set = read_deployments(
        {{"f.yaml",
          "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  nodeSelector: "
          "{node.kubernetes.io/instance-type: " +
              type +
              "}\n  containers:\n  - name: e\n    image: vllm/vllm-openai:v0.9.0\n    "
              "args: [--model=Qwen/Qwen3-0.6B]\n"}});
    REQUIRE(set.ok());
    CheckRequest request;
    request.today = "2026-11-26";
    const CheckResult result = run_check(catalog(), *set, request);
    return result.workloads[0].gpu != nullptr ? result.workloads[0].gpu->id : std::string();
  };
  CHECK(card("Standard_ND96isr_H100_v5") == "H100-SXM5-80GB");
  CHECK(card("g5.24xlarge") == "A10G");
  CHECK(card("m7i.24xlarge").empty());
}
