#include "gpusize/manifest/manifest.hpp"

#include <algorithm>

#include "gpusize/plan/plan_document.hpp"
#include "gpusize/spec/read_deployments.hpp"
#include "gpusize/spec/read_document.hpp"
#include "manifest/arguments.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

/// The plan of a request as a file holds it.
Document plan_of(const PlanRequest& request) {
  const ModelSpec& model = *test::catalog().find_model(request.model).value().entry;
  const PlanResult plan = make_plan(test::catalog(), model, request).value();
  const ResultDocument document = plan_document(test::catalog(), model, request, plan);
  return read_json("plan.json", document.json().dump()).value();
}

PlanRequest request_for(std::string model, double qps, std::string gpu, std::string engine) {
  PlanRequest r;
  r.model = std::move(model);
  r.qps = qps;
  r.workload = "chat";
  r.input_tokens = 1155.0;
  r.output_tokens = 211.0;
  r.gpus = {std::move(gpu)};
  r.engines = {std::move(engine)};
  return r;
}

Manifest small_manifest() {
  Manifest m;
  m.name = "small";
  m.engine = "vllm";
  m.image = "vllm/vllm-openai:v0.21.0";
  m.port = 8000;
  m.settings.checkpoint = "org/small";
  m.settings.max_model_len = 4096;
  m.settings.max_num_seqs = 64;
  m.settings.max_batched_tokens = 2048;
  m.settings.memory_fraction = 0.9;
  m.card = {"H100-SXM5-80GB", "nvidia", "nvidia.com/gpu", "nvidia.com/gpu.product", "", "", 8};
  m.start = {14.0, 1.0, 180.0, 2.0, "stated"};
  m.shared_memory_gib = 2;
  return m;
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

TEST_CASE("each engine spells degrees in its own way") {
  Manifest m = small_manifest();
  m.settings.layout = {2, 1, 8, 4};
  const auto vllm = engine_command(m, "").value().arguments();
  CHECK(has(vllm, "--tensor-parallel-size=2"));
  CHECK(has(vllm, "--data-parallel-size=4"));
  CHECK(has(vllm, "--enable-expert-parallel"));
  m.engine = "sglang";
  const auto sglang = engine_command(m, "").value().arguments();
  CHECK(has(sglang, "--tp-size=8"));  // attention ranks share them
  CHECK(has(sglang, "--dp-size=4"));
  CHECK(has(sglang, "--enable-dp-attention"));
  CHECK(has(sglang, "--ep-size=8"));
  m.engine = "tensorrt-llm";
  CHECK(engine_command(m, "").errors().front().code == "manifest-layout");
  m.settings.layout = {1, 1, 8, 8};
  const auto trt = engine_command(m, "/etc/engine").value();
  CHECK(has(trt.arguments(), "--tp_size=8"));
  CHECK(has(trt.arguments(), "--extra_llm_api_options=/etc/engine/llm-options.yaml"));
  CHECK(trt.file["enable_attention_dp"] == true);
}

TEST_CASE("ranks that do not divide over nodes are refused") {
  Manifest m = small_manifest();
  m.settings.layout = {4, 1, 1, 3};
  m.nodes = 2;
  m.gpus_per_node = 6;
  const auto lws = find_manifest_target("lws").value().write(m);
  REQUIRE_FALSE(lws.ok());
  CHECK(lws.errors().front().code == "manifest-layout");
}

TEST_CASE("a target says what it cannot start, and a near match names another") {
  Manifest m = small_manifest();
  m.settings.layout = {16, 1, 1, 1};
  m.nodes = 2;
  m.gpus_per_node = 8;
  for (const char* name : {"k8s", "kserve", "helm-vllm", "compose"}) {
    const auto written = find_manifest_target(name).value().write(m);
    REQUIRE_FALSE(written.ok());
    CHECK(written.errors().front().code == "manifest-target-nodes");
    CHECK_FALSE(written.errors().front().hint.empty());
  }
  const auto unknown = find_manifest_target("k8");
  REQUIRE_FALSE(unknown.ok());
  CHECK_THAT(unknown.errors().front().hint, test::contains("did you mean \"k8s\"?"));
}

TEST_CASE("probes wait for the load time, shared memory and grace are stated") {
  const std::string text = find_manifest_target("k8s").value().write(small_manifest()).value();
  // 14 GB at 1 GB/s and 180 s: 194 s, twice that in steps of 10 s.
  CHECK_THAT(text, test::contains("failureThreshold: 39"));
  CHECK_THAT(text, test::contains("sizeLimit: 2Gi"));
  CHECK_THAT(text, test::contains("terminationGracePeriodSeconds: 30"));
  CHECK_THAT(text, test::contains("gpusize.dev/gpu: H100-SXM5-80GB"));  // no label is known
}

TEST_CASE("the plan's rate and headroom are the ends of the scaling") {
  const PlanRequest request = request_for("llama-3.1-8b", 60.0, "H100-SXM5-80GB", "vllm");
  const Document plan = plan_of(request);
  const auto model = test::catalog().find_model("llama-3.1-8b").value();
  const auto m = make_manifest(test::catalog(), *model.entry, plan, {});
  REQUIRE(m.ok());
  const Node option = plan_option(plan, 1).value();
  const double capacity = *option.find("replica_capacity_req_per_s").number();
  CHECK(static_cast<double>(m->scaling.least) * capacity >= 60.0);
  CHECK(static_cast<double>(m->scaling.least - 1) * capacity < 60.0);
  CHECK(m->scaling.most == m->replicas);
  CHECK(m->scaling.most > m->scaling.least);
  CHECK(m->card.label == "NVIDIA-H100-80GB-HBM3");
  CHECK(m->settings.checkpoint == model.entry->hf_repo);
}

TEST_CASE("ranks, documents and answers that are no option") {
  const Document plan = plan_of(request_for("llama-3.1-8b", 5.0, "H100-SXM5-80GB", "vllm"));
  CHECK(plan_option(plan, 0).errors().front().code == "manifest-rank");
  CHECK(plan_option(plan, 99).errors().front().code == "manifest-rank");
  PlanRequest infeasible = request_for("deepseek-r1", 5.0, "L4", "vllm");
  infeasible.max_gpus = 1;
  CHECK(plan_option(plan_of(infeasible), 1).errors().front().code == "manifest-infeasible");
  const Document other = read_json("a.json", "{\"a\": 1}").value();
  CHECK_FALSE(plan_option(other, 1).ok());
}

TEST_CASE("what is written is read back by the readers of deployments") {
  const PlanRequest request = request_for("llama-3.1-8b", 60.0, "H100-SXM5-80GB", "vllm");
  const Document plan = plan_of(request);
  const auto model = test::catalog().find_model("llama-3.1-8b").value();
  const Manifest m = make_manifest(test::catalog(), *model.entry, plan, {}).value();
  for (const ManifestTarget& target : manifest_targets()) {
    if (target.name == "compose" && m.gpus() > 8) continue;
    INFO(target.name);
    const std::string text = target.write(m).value();
    const bool script = text.starts_with("#!");
    const auto read = read_deployments({{script ? "a.sh" : "a.yaml", text}});
    REQUIRE(read.ok());
    CHECK(read->not_assessed.empty());
    REQUIRE_FALSE(read->workloads.empty());
    const DeployedWorkload& w = read->workloads.front();
    CHECK(w.engine == "vllm");
    CHECK(w.flags.empty());
    CHECK(w.unresolved.empty());
    REQUIRE(w.args.model);
    CHECK(w.args.model->value == m.settings.checkpoint);
    CHECK(w.args.max_model_len->value == m.settings.max_model_len);
    CHECK(w.args.max_num_seqs->value == m.settings.max_num_seqs);
    CHECK(w.args.max_batched_tokens->value == m.settings.max_batched_tokens);
    CHECK(w.args.memory_fraction->value == Approx(m.settings.memory_fraction));
    CHECK(w.args.kv_cache_dtype->value == m.settings.kv_dtype);
    CHECK(w.args.dtype->value == m.settings.dtype);
  }
}

}  // namespace
}  // namespace gpusize
