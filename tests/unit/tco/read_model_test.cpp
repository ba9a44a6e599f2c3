#include "gpusize/catalog/catalog.hpp"
#include "gpusize/tco/resolve.hpp"
#include "tco_support.hpp"

namespace gpusize {
namespace {

using test::kHeader;

std::string first_error(const std::string& text) {
  const auto document = read_yaml("model.yaml", text);
  REQUIRE(document.ok());
  const auto model = read_tco_model(*document);
  REQUIRE_FALSE(model.ok());
  return render(model.errors().front());
}

TEST_CASE("bad rows of a cost model are told with their place", "[tco]") {
  CHECK_THAT(first_error(kHeader + "assumptions: [{id: a}]\n"), test::contains("has no value"));
  CHECK_THAT(first_error(kHeader + "assumptions: [{id: A b, value: 1}]\n"),
             test::contains("no name for formulas"));
  CHECK_THAT(first_error(kHeader + "assumptions: [{id: a, value: 1, currency: RMB}]\n"),
             test::contains("unknown currency"));
  CHECK_THAT(first_error(kHeader + "assumptions: [{id: a, value: 5, low: 6}]\n"),
             test::contains("does not hold its value"));
  CHECK_THAT(first_error(kHeader + "lines: [{id: a, kind: gift, quantity: 1, price: 1}]\n"),
             test::contains("unknown kind"));
  CHECK_THAT(first_error(kHeader + "traffic: {hourly_share_of_peak: [1.5]}\n"),
             test::contains("from 0 to 1"));
  CHECK_THAT(first_error(kHeader + "fx: {CNY: 0}\n"), test::contains("expected"));
  CHECK_THAT(first_error(kHeader + "lines: [{id: a, quantity: 1, price: 1, typo: 2}]\n"),
             test::contains("typo"));
  CHECK_THAT(first_error("schema: gpusize.gpu/v1\n"), test::contains("not gpusize.tco/v1"));
}

std::string resolve_error(const std::string& assumptions, const TcoChoice& choice = {}) {
  const auto catalog = Catalog::shipped();
  REQUIRE(catalog.ok());
  TcoModel model = test::model_of(kHeader + assumptions);
  const Diagnostics problems = resolve_tco(model, *catalog, {}, choice);
  REQUIRE(has_errors(problems));
  return render(problems.front());
}

TEST_CASE("money that cannot be right is refused", "[tco]") {
  CHECK_THAT(resolve_error("assumptions: [{id: a, value: -1, unit: USD/h}]\n"),
             test::contains("a price is not negative"));
  CHECK_THAT(resolve_error("assumptions: [{id: a, value: 1, unit: USD, currency: CNY}]\n"),
             test::contains("no exchange rate for CNY"));
  CHECK_THAT(resolve_error("assumptions: [{id: a, from: nowhere}]\n"),
             test::contains("cannot come from"));
  TcoChoice choice;
  choice.set = {{"pu", 1.2}};
  CHECK_THAT(resolve_error("assumptions: [{id: pue, value: 1.5}]\n", choice),
             test::contains("did you mean \"pue\""));
}

TEST_CASE("amounts in another currency are converted, their range too", "[tco]") {
  const auto catalog = Catalog::shipped();
  REQUIRE(catalog.ok());
  TcoModel model = test::model_of(
      kHeader +
      "fx: {CNY: 8}\nassumptions: [{id: a, value: 16, low: 8, high: 24, currency: CNY}]\n");
  REQUIRE_FALSE(has_errors(resolve_tco(model, *catalog, {}, {})));
  CHECK(model.assumption("a")->value() == 2.0);
  CHECK(*model.assumption("a")->low == 1.0);
  CHECK(*model.assumption("a")->high == 3.0);
  CHECK(first_mismatch(model.assumption("a")->why).empty());
}

TEST_CASE("a file is laid over the shipped model by ids", "[tco]") {
  const TcoModel base = test::model_of(
      kHeader + "assumptions: [{id: a, value: 1, unit: USD, name: A}, {id: b, value: 2}]\n");
  const TcoModel over =
      test::model_of(kHeader + "assumptions: [{id: a, value: 5}, {id: c, value: 3}]\n");
  const TcoModel both = lay_over(base, over);
  CHECK(both.assumptions.size() == 3);
  CHECK(both.assumption("a")->value() == 5.0);
  CHECK(both.assumption("a")->unit == "USD");
  CHECK(both.assumption("a")->name == "A");
  CHECK(both.assumption("b")->value() == 2.0);
}

}  // namespace
}  // namespace gpusize
