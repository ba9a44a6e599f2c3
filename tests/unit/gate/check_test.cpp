#include "gpusize/gate/check.hpp"

#include "gpusize/gate/diff.hpp"
#include "gpusize/spec/read_deployments.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;

namespace {

using test::catalog;

struct Checked {
  DeploymentSet deployments;
  CheckResult result;
  [[nodiscard]] bool has(std::string_view code) const {
    for (const Finding& f : result.findings) {
      if (f.rule->code == code) return true;
    }
    return false;
  }
};

Checked check(DeploymentSet deployments, CheckRequest request = {}) {
  request.today = "2026-11-26";
  Checked out{std::move(deployments), {}};
  out.result = run_check(catalog(), out.deployments, request);
  return out;
}
Checked check(const std::string& gpu, std::vector<std::string> words) {
  CheckRequest request;
  request.defaults.gpu = gpu;
  return check(read_command_line(words), request);
}
Checked check_text(const std::string& text, CheckRequest request = {}) {
  auto set = read_deployments({{"f.yaml", text}});
  REQUIRE(set.ok());
  return check(std::move(set).value(), std::move(request));
}

std::vector<std::string> r1(const std::string& len) {
  return {"vllm",
          "serve",
          "deepseek-ai/DeepSeek-R1",
          "--tensor-parallel-size",
          "8",
          "--max-model-len",
          len,
          "--gpu-memory-utilization",
          "0.9"};
}

std::string pod(const std::string& args, const std::string& limits = "1",
                const std::string& more = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  nodeSelector: "
         "{nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}\n  containers:\n  - name: e\n    image: "
         "vllm/vllm-openai:v0.21.0\n    args: [" +
         args + "]\n    resources: {limits: {nvidia.com/gpu: " + limits + "}" + more + "}\n";
}

}  // namespace

TEST_CASE("DeepSeek-R1 does not fit 8 x H100 and fits 8 x H200") {
  const Checked h100 = check("H100-SXM5-80GB", r1("4096"));
  CHECK((h100.has("GS101") || h100.has("GS102")));
  const Checked h200 = check("H200-SXM-141GB", r1("4096"));
  CHECK_FALSE(h200.has("GS101"));
  CHECK_FALSE(h200.has("GS102"));
  CHECK(fails(h100.result, Severity::kError, false));
  CHECK_FALSE(fails(h200.result, Severity::kError, false));
}

TEST_CASE("the longest request that fits is where the verdict turns") {
  // Llama-3.1-8B in bf16: 131072 B of KV cache per token (32 layers x 2 x 8 heads x 128 x 2 B).
  const auto run = [](std::int64_t len) {
    return check("L4", {"vllm", "serve", "meta-llama/Llama-3.1-8B", "--max-model-len",
                        std::to_string(len), "--gpu-memory-utilization", "0.9"});
  };
  const Checked at = run(1024);
  REQUIRE(at.result.workloads[0].memory != nullptr);
  const double room = at.result.workloads[0].memory->memory.kv_room.in(units::B);
  const auto blocks = static_cast<std::int64_t>(room / (131072.0 * 16.0));
  REQUIRE(blocks > 1);
  CHECK_FALSE(run(blocks * 16).has("GS102"));
  CHECK(run(blocks * 16 + 1).has("GS102"));
}

TEST_CASE("rules fire, and not on their near misses") {
  struct Row {
    const char* rule;
    const char* fires;
    const char* near_miss;
  };
  // Arguments behind `vllm serve meta-llama/Llama-3.1-8B --max-model-len 4096` on two H100.
  const Row rows[] = {
      {"GS104", "--gpu-memory-utilization 0.97", "--gpu-memory-utilization 0.96"},
      {"GS106", "--max-model-len 131073", "--max-model-len 131072"},
      {"GS201", "--tensor-parallel-size 3", "--tensor-parallel-size 2"},
      {"GS204", "--enable-expert-parallel", "--no-enable-expert-parallel"},
      {"GS208", "--max-num-batched-tokens 63 --max-num-seqs 64",
       "--max-num-batched-tokens 64 --max-num-seqs 64"},
      {"GS502", "--gpu-memory-util 0.9", "--gpu-memory-utilization 0.9"},
      {"GS503", "--dtype float32", "--dtype float16"},
      {"GS506", "--max-num-seqs many", "--max-num-seqs 64"},
  };
  for (const Row& row : rows) {
    INFO(row.rule);
    const auto with = [](const std::string& text) {
      std::vector<std::string> words{"vllm", "serve", "meta-llama/Llama-3.1-8B", "--max-model-len",
                                     "4096"};
      std::string word;
      for (const char c : text + " ") {
        if (c != ' ')
          word.push_back(c);
        else if (!word.empty())
          words.push_back(std::exchange(word, {}));
      }
      return check("H100-SXM5-80GB", words);
    };
    CHECK(with(row.fires).has(row.rule));
    CHECK_FALSE(with(row.near_miss).has(row.rule));
  }
}

TEST_CASE("GPUs of a pod against the degrees") {
  CHECK(check_text(pod("--model=meta-llama/Llama-3.1-8B, -tp, '2', --max-model-len=4096", "1"))
            .has("GS203"));
  CHECK(check_text(pod("--model=meta-llama/Llama-3.1-8B, --max-model-len=4096", "2")).has("GS205"));
  const Checked same =
      check_text(pod("--model=meta-llama/Llama-3.1-8B, -tp, '2', --max-model-len=4096", "2"));
  CHECK_FALSE(same.has("GS203"));
  CHECK_FALSE(same.has("GS205"));
  CHECK(same.has("GS505"));
  CHECK(check_text(pod("--model=meta-llama/Llama-3.1-8B, --max-model-len=4096", "1",
                       ", requests: {nvidia.com/gpu: 2}"))
            .has("GS504"));
}

TEST_CASE("suppressions hold, expire and are missed when unused") {
  const std::string text = pod("--model=meta-llama/Llama-3.1-8B, --max-model-len=4096", "2");
  const auto with = [&](const std::string& comment) {
    std::string out = text;
    out.replace(out.find("    resources:"), 0, "    # gpusize:ignore " + comment + "\n");
    return check_text(out);
  };
  const Checked held = with("GS205 until=2027-01-01 -- second card for a sidecar");
  CHECK_FALSE(fails(held.result, Severity::kWarning, false));
  CHECK(fails(with("GS205 until=2026-01-01 -- late").result, Severity::kWarning, false));
  CHECK(with("GS205 until=2026-01-01 -- late").has("GS510"));
  CHECK(with("GS104 -- not here").has("GS511"));
}

TEST_CASE("a baseline makes findings unchanged, whatever their line") {
  const Checked before =
      check_text(pod("--model=meta-llama/Llama-3.1-8B, --max-model-len=4096", "2"));
  CheckRequest request;
  request.baseline = Baseline{"b.json", {}};
  for (const Finding& f : before.result.findings)
    request.baseline->fingerprints.insert(f.fingerprint);
  const Checked after = check_text(
      "# a line more\n" + pod("--model=meta-llama/Llama-3.1-8B, --max-model-len=4096", "2"),
      request);
  REQUIRE_FALSE(after.result.findings.empty());
  for (const Finding& f : after.result.findings) CHECK(f.baseline == BaselineState::kUnchanged);
  CHECK_FALSE(fails(after.result, Severity::kWarning, false));
  CHECK(fails(after.result, Severity::kWarning, true));
}

TEST_CASE("budget, thresholds, severities") {
  CheckRequest request;
  request.policy.budget_usd_per_month = 100.0;
  request.policy.thresholds.push_back(*parse_threshold("gpus <= 1", {}));
  const std::string text =
      pod("--model=meta-llama/Llama-3.1-8B, -tp, '2', --max-model-len=4096", "2");
  const Checked over = check_text(text, request);
  CHECK(over.has("GS401"));
  CHECK(over.has("GS406"));
  request.policy.budget_usd_per_month = 1e6;
  request.policy.thresholds = {*parse_threshold("gpus < 3", {})};
  request.policy.rules["GS505"].off = true;
  const Checked under = check_text(text, request);
  CHECK_FALSE(under.has("GS401"));
  CHECK_FALSE(under.has("GS406"));
  CHECK_FALSE(under.has("GS505"));
}

TEST_CASE("traffic decides latency and rate") {
  CheckRequest request;
  request.traffic = Traffic{"t.yaml", 1.0, 1000.0, 100.0, 1e6, 1e6};
  const std::string text = pod("--model=meta-llama/Llama-3.1-8B, --max-model-len=4096", "1");
  const Checked easy = check_text(text, request);
  CHECK_FALSE(easy.has("GS301"));
  CHECK_FALSE(easy.has("GS303"));
  request.traffic->ttft_ms = 0.1;
  request.traffic->tpot_ms = 0.1;
  CHECK(check_text(text, request).has("GS301"));
  CHECK(check_text(text, request).has("GS302"));
  request.traffic->qps = 1e5;
  CHECK(check_text(text, request).has("GS303"));
}

TEST_CASE("every number of a check replays") {
  const Checked c =
      check_text(pod("--model=meta-llama/Llama-3.1-8B, -tp, '2', --max-model-len=4096", "4"));
  CheckRequest request;
  const ResultDocument document = check_document(catalog(), c.deployments, request, c.result);
  for (const std::string& pointer : document.numbers()) {
    INFO(pointer);
    const Why why = document.why(pointer);
    REQUIRE(why != nullptr);
    CHECK(first_mismatch(why).empty());
  }
}

TEST_CASE("SHA-256 of published vectors") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a diff finds what changed and guards the rise") {
  const Checked a = check_text(pod("--model=meta-llama/Llama-3.1-8B, --max-model-len=4096", "1"));
  const Checked b =
      check_text(pod("--model=meta-llama/Llama-3.1-8B, -tp, '2', --max-model-len=4096", "2"));
  Guardrails guardrails;
  bool crossed = false;
  const ResultDocument same =
      diff_document(catalog(), guardrails, diff_side(a.result), diff_side(a.result), crossed);
  CHECK(same.json()["changes"].empty());
  CHECK_FALSE(crossed);
  guardrails.percent = 99.0;
  const ResultDocument more =
      diff_document(catalog(), guardrails, diff_side(a.result), diff_side(b.result), crossed);
  CHECK(more.json()["changes"].size() == 1);
  CHECK(more.json()["total"]["gpus"]["delta"] == 1.0);
  CHECK(more.json()["total"]["usd_per_month"]["percent"].get<double>() == Approx(100.0));
  CHECK(crossed);
}
