#include "gpusize/plan/plan_document.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace gpusize {
namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

PlanRequest demand(const std::string& model, double qps) {
  PlanRequest request;
  request.model = model;
  request.qps = qps;
  request.workload = "chat";
  request.input_tokens = 1155.0;
  request.output_tokens = 211.0;
  request.top = 6;
  return request;
}

ResultDocument document_of(const PlanRequest& request) {
  const auto model = shipped().find_model(request.model);
  REQUIRE(model.ok());
  const auto plan = make_plan(shipped(), *model->entry, request);
  REQUIRE(plan.ok());
  return plan_document(shipped(), *model->entry, request, *plan);
}

/// Every number: explained, replayed, and equal to what the explanation says.
void check_explained(const ResultDocument& document) {
  const auto numbers = document.numbers();
  REQUIRE(numbers.size() > 20);
  for (const std::string& path : numbers) {
    INFO(path);
    const Why why = document.why(path);
    REQUIRE(why != nullptr);
    const double shown =
        document.json().at(nlohmann::ordered_json::json_pointer(path)).get<double>();
    CHECK(why->value == Approx(shown).epsilon(1e-12).margin(1e-12));
    CHECK(first_mismatch(why, 1e-9) == "");
    const bool says_something =
        !why->formula_text.empty() || !why->source.title.empty() || !why->note.empty();
    CHECK(says_something);
  }
}

TEST_CASE("reasons that are made when asked are those that are made at once") {
  for (const char* id : {"deepseek-7b", "deepseek-r1"}) {
    INFO(id);
    const PlanRequest request = demand(id, 50.0);
    const ModelSpec& model = *shipped().find_model(id)->entry;
    auto now = std::make_shared<PlanResult>(make_plan(shipped(), model, request).value());
    ResultDocument at_once = plan_document(shipped(), model, request, *now);
    ResultDocument later = plan_document(shipped(), model, request, *now, now);
    now.reset();  // the reasons keep it
    CHECK(later.json() == at_once.json());
    at_once.embed_explanations();
    later.embed_explanations();
    CHECK(later.json()["explain"].size() > 100);
    CHECK(later.json() == at_once.json());
  }
}

TEST_CASE("every number of a plan is explained") {
  SECTION("dense model, rented") { check_explained(document_of(demand("deepseek-7b", 500.0))); }
  SECTION("experts and latent attention, owned") {
    PlanRequest request = demand("deepseek-r1", 20.0);
    request.basis = PriceBasis::kOwned;
    request.spare_nodes = 1;
    check_explained(document_of(request));
  }
  SECTION("targets and quantised weights") {
    PlanRequest request = demand("qwen3-32b", 5.0);
    request.weights = {"fp8", "awq"};
    request.kv = {"fp8"};
    request.targets.tpot = 40.0 * units::ms;
    check_explained(document_of(request));
  }
}

TEST_CASE("memory rows of an option add up to the card") {
  const ResultDocument document = document_of(demand("deepseek-7b", 500.0));
  for (const auto& option : document.json()["options"]) {
    const auto& m = option["memory_per_gpu_bytes"];
    double sum = 0.0;
    for (const char* key : {"weights", "kv_cache", "activations", "runtime", "free"})
      sum += m[key].get<double>();
    CHECK(sum == Approx(m["capacity"].get<double>()).epsilon(1e-15));
    CHECK(m["free"].get<double>() >= 0.0);
    CHECK(m["usable"].get<double>() <= m["capacity"].get<double>());
  }
}

TEST_CASE("cost lines add up and follow the fleet") {
  PlanRequest request = demand("deepseek-7b", 50.0);
  request.basis = PriceBasis::kOwned;
  request.gpus = {"H100-SXM5-80GB"};
  const ResultDocument document = document_of(request);
  const auto& option = document.json()["options"][0];
  double sum = 0.0;
  for (const auto& line : option["cost"]["lines"]) sum += line["amount_usd"].get<double>();
  CHECK(sum == Approx(option["cost"]["tco_usd"].get<double>()).epsilon(1e-12));
  CHECK(option["cost"]["lines"].size() == 5);
}

TEST_CASE("what nothing serves is infeasible, with the number that failed") {
  PlanRequest request = demand("deepseek-r1", 1.0);
  request.gpus = {"L4"};
  request.weights = {"native"};
  request.max_gpus = 8;
  const ResultDocument document = document_of(request);
  CHECK(document.json()["status"] == "infeasible");
  REQUIRE(document.json()["rejected"].size() == 1);
  const auto& rejected = document.json()["rejected"][0];
  CHECK(rejected["gpu"] == "L4");
  CHECK(rejected["needed"].get<double>() > rejected["available"].get<double>());
  CHECK(rejected["unit"] == "GiB per GPU");
}

TEST_CASE("a card without the format is rejected, not run wider") {
  PlanRequest request = demand("deepseek-r1", 1.0);
  request.gpus = {"A100-SXM4-80GB"};
  const ResultDocument document = document_of(request);
  REQUIRE(document.json()["rejected"].size() == 1);
  CHECK(document.json()["rejected"][0]["reason"].get<std::string>().find("fp8") !=
        std::string::npos);
}

TEST_CASE("no price known is an answer") {
  PlanRequest request = demand("deepseek-7b", 5.0);
  request.gpus = {"H100-SXM5-80GB"};
  request.basis = PriceBasis::kReserved1Year;
  request.tier = "marketplace";
  const ResultDocument document = document_of(request);
  const auto& option = document.json()["options"][0];
  CHECK(option["cost"]["tco_usd"].is_null());
  CHECK(option["cost"]["price_rule"].get<std::string>().find("no price known") == 0);
}

TEST_CASE("the fleet carries the rate with its headroom") {
  for (const double qps : {0.5, 7.0, 500.0}) {
    const ResultDocument document = document_of(demand("deepseek-7b", qps));
    for (const auto& o : document.json()["options"]) {
      CHECK(o["capacity_req_per_s"].get<double>() >= 1.2 * qps * (1.0 - 1e-9));
      const double without_one =
          o["capacity_req_per_s"].get<double>() - o["replica_capacity_req_per_s"].get<double>();
      if (o["replicas"].get<int>() > 1) CHECK(without_one < 1.2 * qps);
      const auto& l = o["layout"];
      CHECK(o["gpus"].get<int>() == o["replicas"].get<int>() * l["tp"].get<int>() *
                                        l["pp"].get<int>() * l["dp"].get<int>());
    }
  }
}

}  // namespace
}  // namespace gpusize
