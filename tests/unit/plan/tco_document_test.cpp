// The result document of `tco`: every number replays, every total is the sum of its parts, and the
// document makes itself again from its inputs.
#include "gpusize/plan/tco_document.hpp"

#include <cmath>
#include <memory>

#include "gpusize/plan/plan_document.hpp"
#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t cents(const Json& usd) { return std::llround(usd.get<double>() * 100.0); }

struct Made {
  Catalog catalog;
  TcoRequest request;
  std::unique_ptr<ResultDocument> document;
};

Made make(TcoRequest request) {
  auto catalog = Catalog::shipped();
  REQUIRE(catalog.ok());
  PlanRequest plan;
  plan.model = "deepseek-v3.2";
  plan.qps = 20.0;
  plan.workload = "custom";
  plan.input_tokens = 1155.0;
  plan.output_tokens = 211.0;
  plan.gpus = {"H200-SXM-141GB"};
  request.plan = plan;
  const auto model = catalog->find_model(plan.model);
  REQUIRE(model.ok());
  const auto found = make_plan(*catalog, *model->entry, plan);
  REQUIRE(found.ok());
  const ResultDocument plan_doc = plan_document(*catalog, *model->entry, plan, *found);
  auto document = tco_document(*catalog, request, &plan_doc);
  if (!document.ok()) FAIL(render(document.errors().front()));
  Made made{std::move(catalog).value(), request, nullptr};
  made.document = std::make_unique<ResultDocument>(std::move(document).value());
  return made;
}

TcoRequest wide_request() {
  TcoRequest request;
  request.years = 2.5;
  request.draws = 300;
  request.benefit_usd_per_year = 1'234'567.0;
  request.assume = {{"growth_per_year", 0.7},
                    {"loan_share", 0.6},
                    {"carbon_usd_per_tonne", 80.0},
                    {"hardware_price_decline", 0.1},
                    {"wage_growth", 0.031}};
  request.config_file = "curve.yaml";
  request.config_text =
      "schema: gpusize.tco/v1\n"
      "traffic: {hourly_share_of_peak: [0.1, 0.2, 0.7, 1.0, 0.9, 0.3], weekend_share: 0.4}\n";
  return request;
}

TEST_CASE("every number of a tco document replays", "[tco]") {
  const Made made = make(wide_request());
  std::size_t checked = 0;
  for (const std::string& path : made.document->numbers()) {
    const Why why = made.document->why(path);
    REQUIRE(why != nullptr);
    const std::string mismatch = first_mismatch(why);
    if (!mismatch.empty()) FAIL(path << ": " << mismatch);
    const double stated = made.document->json().at(Json::json_pointer(path)).get<double>();
    if (std::fabs(stated - why->value) > 1e-9 * std::max(1.0, std::fabs(stated)))
      FAIL(path << " says " << stated << ", its reason " << why->value);
    ++checked;
  }
  CHECK(checked > 1000);
}

TEST_CASE("totals are exactly the sums of what is printed", "[tco]") {
  const Made made = make(wide_request());
  std::size_t priced = 0;
  for (const Json& s : made.document->json()["scenarios"]) {
    if (s["tco_usd"].is_null()) continue;
    ++priced;
    const auto side = [&](const char* lines, const char* total, const char* flow) {
      std::int64_t sum = 0;
      for (const Json& line : s[lines]) {
        std::int64_t years = 0;
        for (const Json& year : line["by_year"]) {
          years += cents(year["amount_usd"]);
          const double exact = year["quantity"].get<double>() * year["unit_price"].get<double>();
          CHECK(std::fabs(year["amount_usd"].get<double>() - exact) <= 0.005 + 1e-9);
        }
        CHECK(years == cents(line["amount_usd"]));
        sum += years;
      }
      CHECK(sum == cents(s[total]));
      std::int64_t paid = 0;
      for (const Json& period : s["cash_flow"]) paid += cents(period[flow]);
      CHECK(paid == sum);
      std::int64_t by_year = 0;
      for (const Json& year : s["yearly"]) by_year += cents(year[flow]);
      CHECK(by_year == sum);
    };
    side("lines", "tco_usd", "cost_usd");
    side("benefits", "benefit_usd", "benefit_usd");
    std::int64_t loan = 0;
    for (const Json& period : s["cash_flow"]) {
      loan += cents(period["loan_usd"]);
      CHECK(cents(period["amount_usd"]) ==
            cents(period["benefit_usd"]) - cents(period["cost_usd"]) - cents(period["loan_usd"]));
    }
    CHECK(loan == 0);
  }
  CHECK(priced >= 4);
}

TEST_CASE("a tco document makes itself again from its inputs", "[tco]") {
  const Made made = make(wide_request());
  const std::string text = made.document->json().dump();
  const auto file = read_json("tco.json", text);
  REQUIRE(file.ok());
  const auto request = read_tco_request(file->root().find("inputs"));
  REQUIRE(request.ok());
  CHECK(request->config_text == made.request.config_text);
  const Made again = make(*request);
  CHECK(again.document->json().dump() == text);
}

TEST_CASE("both totals agree where scenarios cost the same", "[tco]") {
  const Made made = make({});
  std::size_t crossings = 0;
  for (const Json& point : made.document->json()["break_even"]["points"]) {
    if (point["value"].is_null() || point["step"].get<bool>()) continue;
    ++crossings;
    CHECK(point["a_usd"].get<double>() == Approx(point["b_usd"].get<double>()).epsilon(1e-9));
    if (point["variable"] != "qps") continue;
    // The whole document at that traffic says the same, to the cents of its lines.
    TcoRequest there;
    there.assume = {{"qps", point["value"].get<double>()}};
    const Made again = make(there);
    const auto total = [&](const std::string& id) {
      for (const Json& s : again.document->json()["scenarios"]) {
        if (s["id"] == id) return s["tco_usd"].get<double>();
      }
      return 0.0;
    };
    CHECK(std::fabs(total(point["a"]) - total(point["b"])) < 1.0);
  }
  CHECK(crossings > 0);
}

TEST_CASE("the first year's fleet is the plan's", "[tco]") {
  const Made made = make({});
  const Json& doc = made.document->json();
  for (const Json& line : doc["scenarios"][0]["lines"]) {
    if (line["id"] == "gpus") CHECK(line["quantity"] == doc["fleet"]["gpus"]);
  }
  // Renting all the time is the plan's own cost of the same hours.
  const Json& rent = doc["scenarios"][1];
  REQUIRE(rent["id"] == "rent");
  const double hours = rent["lines"][0]["quantity"].get<double>();
  CHECK(hours == Approx(doc["fleet"]["gpus"].get<double>() * 3.0 * 8765.82));
}

}  // namespace
}  // namespace gpusize
