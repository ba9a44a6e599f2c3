#include "gpusize/fleet/levers_document.hpp"

#include <algorithm>

#include "fleet/lever_combine.hpp"
#include "gpusize/core/derivation.hpp"
#include "gpusize/plan/estimate_document.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

const ModelSpec& model(const std::string& name) { return *test::catalog().find_model(name)->entry; }

LeversRequest chat(const std::string& model, const std::string& gpu) {
  LeversRequest r;
  r.model = model;
  r.gpu = gpu;
  r.workload = "custom";
  r.input_tokens = 1000.0;
  r.output_tokens = 200.0;
  return r;
}

Json answer(const LeversRequest& request) {
  auto document = levers_document(test::catalog(), model(request.model), request);
  REQUIRE(document.ok());
  return document->json();
}

/// The row under `name`, null when the lever is not possible.
Json row_of(const Json& document, const std::string& name, const char* list = "levers") {
  for (const Json& row : document[list]) {
    if (row.contains("name") && row["name"] == name) return row;
  }
  return nullptr;
}

double weights_bytes(const std::string& gpu, const std::string& weights) {
  EstimateRequest r;
  r.model = "llama-3.1-8b";
  r.gpu = gpu;
  r.weights = weights;
  r.engine = "vllm";
  const auto document = estimate_document(test::catalog(), model(r.model), r);
  REQUIRE(document.ok());
  return document->json()["memory_per_gpu_bytes"]["weights"].get<double>();
}

TEST_CASE("a lever is the deployment asked for with the change made") {
  LeversRequest request = chat("llama-3.1-8b", "H100-SXM5-80GB");
  request.batch = 32;
  const Json before = answer(request);
  for (const auto& [lever, change] :
       {std::pair<const char*, void (*)(LeversRequest&)>{
            "weights-fp8", [](LeversRequest& r) { r.weights = "fp8"; }},
        {"kv-fp8", [](LeversRequest& r) { r.kv = "fp8"; }},
        {"batch-double", [](LeversRequest& r) { r.batch = 64; }},
        {"tp-double", [](LeversRequest& r) { r.layout.tp = 2; }},
        {"pp-double", [](LeversRequest& r) { r.layout.pp = 2; }},
        {"engine-sglang", [](LeversRequest& r) { r.engine = "sglang"; }},
        {"chunked-prefill", [](LeversRequest& r) { r.max_batched_tokens = 2048; }}}) {
    INFO(lever);
    LeversRequest changed = request;
    change(changed);
    const Json base = answer(changed)["base"];
    const Json row = row_of(before, lever);
    REQUIRE(!row.is_null());
    for (const char* key : {"memory_bytes", "ttft_ms", "tpot_ms", "output_tokens_per_s",
                            "usd_per_million_output_tokens"})
      CHECK(row[key].get<double>() == Approx(base[key].get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("weights of half the bits free what estimate says they free") {
  LeversRequest request = chat("llama-3.1-8b", "H100-SXM5-80GB");
  request.engine = "vllm";
  request.batch = 8;
  const Json doc = answer(request);
  const double freed = doc["base"]["memory_bytes"].get<double>() -
                       row_of(doc, "weights-fp8")["memory_bytes"].get<double>();
  CHECK(freed ==
        Approx(weights_bytes("H100-SXM5-80GB", "bf16") - weights_bytes("H100-SXM5-80GB", "fp8")));
}

TEST_CASE("what a card cannot do is listed as not possible, with the reason of compat") {
  const Json a100 = answer(chat("llama-3.1-8b", "A100-SXM4-80GB"));
  for (const char* lever : {"weights-fp8", "kv-fp8", "weights-fp4"}) {
    INFO(lever);
    CHECK(row_of(a100, lever).is_null());
    const Json refused = row_of(a100, lever, "impossible");
    REQUIRE(!refused.is_null());
    const auto answer =
        ask_compat(test::catalog().compat(), *test::catalog().find_gpu("A100-SXM4-80GB")->entry,
                   {lever == std::string("weights-fp4") ? "fp4" : "fp8", ""});
    REQUIRE(answer.support == Support::kNo);
    CHECK_THAT(refused["reason"].get<std::string>(), test::contains(answer.reason));
    CHECK_THAT(refused["reason"].get<std::string>(), test::contains(answer.source.title));
  }
  const Json v100 = answer(chat("llama-3.1-8b", "V100-SXM2-32GB"));
  CHECK(!row_of(v100, "weights-bf16", "impossible").is_null());
  CHECK(!row_of(v100, "engine-vllm", "impossible").is_null());
  CHECK(!row_of(v100, "mig", "impossible").is_null());
  CHECK(v100["base"]["weights"] == "fp16");
}

TEST_CASE("pools of their own: answers wait for no prompt, prompts for no answer") {
  LeversRequest request = chat("llama-3.1-8b", "H100-SXM5-80GB");
  request.batch = 64;
  const Json doc = answer(request);
  const Json row = row_of(doc, "disaggregation");
  REQUIRE(!row.is_null());
  const Json& base = doc["base"];
  CHECK(row["tpot_ms"].get<double>() < base["tpot_ms"].get<double>());
  CHECK(row["ttft_ms"].get<double>() < base["ttft_ms"].get<double>());
  CHECK(row["memory_bytes"] == base["memory_bytes"]);
  // A request costs the GPUs its prompt alone and its share of 199 decode steps.
  const auto step_s = [&](Phase phase, std::int64_t batch, std::int64_t context) {
    EstimateRequest r;
    r.model = request.model;
    r.gpu = request.gpu;
    r.engine = base["engine"].get<std::string>();
    r.phase = phase;
    r.batch = batch;
    r.context = context;
    if (phase == Phase::kPrefill) r.new_tokens = 1000;
    const auto estimate = estimate_document(test::catalog(), model(r.model), r);
    REQUIRE(estimate.ok());
    return estimate->json()["step"]["time_ms"]["value"].get<double>() / 1000.0;
  };
  const double prefill = step_s(Phase::kPrefill, 1, 0);
  const double decode = step_s(Phase::kDecode, 64, 1100) * 199.0 / 64.0;
  CHECK(row["output_tokens_per_s"].get<double>() == Approx(200.0 / (prefill + decode)));
}

TEST_CASE("pools of pipeline stages are not assessed") {
  LeversRequest request = chat("llama-3.1-70b", "H100-SXM5-80GB");
  request.layout.pp = 4;
  const Json doc = answer(request);
  CHECK(row_of(doc, "disaggregation").is_null());
  CHECK(std::any_of(doc["not_assessed"].begin(), doc["not_assessed"].end(),
                    [](const Json& row) { return row["what"] == "disaggregation"; }));
}

// Leviathan et al. 2023, equation 1, by hand: one draft at 0.85 gives 1.85 tokens; a draft that is
// never accepted only costs.
TEST_CASE("drafts pay by their acceptance") {
  LeversRequest request = chat("deepseek-v3", "H200-SXM-141GB");
  request.layout.tp = 8;
  request.batch = 8;
  const auto tpot_of = [&](double acceptance) {
    request.acceptance = acceptance;
    return row_of(answer(request), "speculation-mtp")["tpot_ms"].get<double>();
  };
  const double never = tpot_of(0.0);
  const Json doc = answer(request);
  CHECK(never > doc["base"]["tpot_ms"].get<double>());
  CHECK(tpot_of(1.0) < 0.75 * never);  // half the steps; prompts cost the same
  request.acceptance = {};
  const Json cited = row_of(answer(request), "speculation-mtp");
  CHECK(cited["tpot_ms"].get<double>() == Approx(tpot_of(0.85)));
}

LeversRequest with_draft(const std::string& draft, double acceptance) {
  LeversRequest request = chat("llama-3.1-70b", "H100-SXM5-80GB");
  request.layout.tp = 4;
  request.batch = 4;
  request.draft_model = draft;
  request.draft_acceptance = acceptance;
  request.draft_tokens = 4;
  return request;
}

Json draft_row(const LeversRequest& request, const char* list = "levers") {
  auto document =
      levers_document(test::catalog(), model(request.model), request, &model(request.draft_model));
  REQUIRE(document.ok());
  for (const std::string& path : document->numbers()) {
    INFO(path);
    CHECK(first_mismatch(document->why(path)).empty());
  }
  return row_of(document->json(), "speculation-draft-model", list);
}

// 4 drafts that are all accepted give 5 tokens a step; each pass of the draft reads its weights.
TEST_CASE("a draft model costs memory and passes of its own, and pays by its acceptance") {
  const Json never = draft_row(with_draft("llama-3.1-8b", 0.0));
  const Json mostly = draft_row(with_draft("llama-3.1-8b", 0.8));
  const Json base = answer(with_draft("llama-3.1-8b", 0.0))["base"];
  CHECK(never["tpot_ms"].get<double>() > base["tpot_ms"].get<double>());
  CHECK(mostly["tpot_ms"].get<double>() < base["tpot_ms"].get<double>());
  CHECK(mostly["ttft_ms"].get<double>() > base["ttft_ms"].get<double>());  // it reads prompts too
  // 8.03e9 parameters of 16 bits over four cards, and some cache.
  const double more = never["memory_bytes"].get<double>() - base["memory_bytes"].get<double>();
  CHECK(more > 8.03e9 * 2 / 4);
  CHECK(more < 8.03e9 * 2 / 4 + 1e9);
}

TEST_CASE("a draft model needs the words of its model, and somebody to state its acceptance") {
  const LeversRequest other = with_draft("deepseek-7b", 0.8);
  CHECK(!draft_row(other, "impossible").is_null());
  LeversRequest unknown = with_draft("llama-3.1-8b", 0.8);
  unknown.draft_acceptance = {};
  const Json doc = answer(unknown);
  CHECK(std::any_of(doc["not_assessed"].begin(), doc["not_assessed"].end(),
                    [](const Json& row) { return row["what"] == "speculation-draft-model"; }));
}

TEST_CASE(
    "prompts whose prefix is cached come sooner, and only with a share that somebody states") {
  LeversRequest request = chat("llama-3.1-8b", "H100-SXM5-80GB");
  CHECK(row_of(answer(request), "prefix-caching").is_null());
  double before = answer(request)["base"]["ttft_ms"].get<double>();
  for (const double share : {0.25, 0.5, 0.9}) {
    request.cache_hit_share = share;
    const double now = row_of(answer(request), "prefix-caching")["ttft_ms"].get<double>();
    CHECK(now < before);
    before = now;
  }
}

TEST_CASE("no single lever and no pair is better than the combination") {
  for (const LeverGoal goal : {LeverGoal::kCost, LeverGoal::kTpot, LeverGoal::kMemory}) {
    LeversRequest request = chat("llama-3.1-8b", "L40S");
    request.goal = goal;
    request.batch = 8;
    LeverEstimator estimator(test::catalog(), request);
    const QualityData quality = read_quality(test::catalog()).value();
    const LeverContext context{estimator, quality};
    LeverSpec spec;
    spec.model = {std::shared_ptr<void>{}, &model(request.model)};
    spec.gpu = {std::shared_ptr<void>{}, test::catalog().find_gpu(request.gpu)->entry};
    spec.engine = {std::shared_ptr<void>{}, test::catalog().find_engine("vllm")->entry};
    spec.weights = "native";
    spec.kv = "auto";
    spec.batch = 8.0;
    const LeverPoint base = estimator.estimate(spec).value();
    std::vector<std::size_t> all(levers().size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    const LeverCombination best = combine_levers(base, all, context);
    CHECK(best.point.fits);
    for (const Lever& first : levers()) {
      const LeverChange one = first.apply(first, base.spec, context);
      if (one.kind != LeverChange::Kind::kChanged) continue;
      for (const Lever& second : levers()) {
        LeverSpec both = one.spec;
        if (second.group != first.group) {
          const LeverChange two = second.apply(second, one.spec, context);
          if (two.kind == LeverChange::Kind::kChanged) both = two.spec;
        }
        const auto point = estimator.estimate(both);
        if (!point.ok() || !point->fits) continue;
        CHECK(estimator.objective(best.point) <= estimator.objective(*point));
      }
    }
  }
}

TEST_CASE("every number of a levers document replays from its derivation") {
  LeversRequest request = chat("deepseek-v3", "H200-SXM-141GB");
  request.layout.tp = 8;
  request.cache_hit_share = 0.4;
  const auto document = levers_document(test::catalog(), model(request.model), request);
  REQUIRE(document.ok());
  const auto paths = document->numbers();
  REQUIRE(paths.size() > 100);
  for (const std::string& path : paths) {
    const Why why = document->why(path);
    REQUIRE(why != nullptr);
    INFO(path);
    CHECK(first_mismatch(why).empty());
  }
}

TEST_CASE("checkpointing trades time for memory, sharding spreads states") {
  TrainRequest request;
  request.model = "llama-3-8b";
  request.gpus = {"H100-SXM5-80GB"};
  request.one_point = true;
  request.tp = 1;
  request.pp = 1;
  request.ep = 1;
  request.dp = 8;
  request.recompute = "none";
  request.framework = "fsdp2";
  const auto document = train_levers_document(test::catalog(), model(request.model), request);
  REQUIRE(document.ok());
  const Json& doc = document->json();
  const Json full = row_of(doc, "checkpointing-full");
  REQUIRE(!full.is_null());
  CHECK(full["delta_pct"]["memory_bytes"].get<double>() < 0.0);
  CHECK(full["delta_pct"]["step_time_s"].get<double>() > 0.0);
  CHECK(row_of(doc, "zero-3")["delta_pct"]["memory_bytes"].get<double>() < 0.0);
  CHECK(doc["inputs"]["phase"] == "train");
}

TEST_CASE("quality figures carry a citation or say that none is known") {
  const QualityData data = read_quality(test::catalog()).value();
  for (const Lever& lever : levers()) {
    const QualityNote& note = data.of(lever.quality);
    CHECK(!note.source.title.empty());
    CHECK(note.loss_low_pct.has_value() == note.loss_high_pct.has_value());
    if (note.risk == "unknown") CHECK(!note.loss_high_pct.has_value());
    if (note.risk == "none") CHECK(note.loss_high_pct == 0.0);
  }
}

}  // namespace
}  // namespace gpusize
