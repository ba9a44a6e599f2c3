#include "gpusize/core/formula.hpp"

#include <cmath>
#include <map>
#include <string>

#include "support/catch.hpp"

namespace gpusize {
namespace {

std::optional<double> lookup(std::string_view name) {
  static const std::map<std::string, double, std::less<>> kValues{
      {"a", 2.0}, {"b_1", 3.0}, {"zero", 0.0}};
  const auto found = kValues.find(name);
  if (found == kValues.end()) return {};
  return found->second;
}

TEST_CASE("formulas evaluate as written") {
  struct Row {
    const char* text;
    double value;
  };
  const Row rows[] = {{"1", 1.0},
                      {"1.5e3", 1500.0},
                      {"1 + 2 * 3", 7.0},
                      {"(1 + 2) * 3", 9.0},
                      {"8 - 3 - 2", 3.0},  // left to right
                      {"8 / 4 / 2", 1.0},
                      {"2 ^ 3 ^ 2", 512.0},  // right to left
                      {"-2 ^ 2", -4.0},
                      {"2 ^ -1", 0.5},
                      {"2 * -3", -6.0},
                      {"a * b_1", 6.0},
                      {"  a  ", 2.0},
                      {"min(3, 1, 2)", 1.0},
                      {"max(3, a, b_1 * 2)", 6.0},
                      {"ceil(1.2) + floor(1.8)", 3.0},
                      {"sqrt(9)", 3.0},
                      {"log(exp(2))", 2.0},
                      {"ceil((a + b_1) / 2) * 2", 6.0}};
  for (const Row& row : rows) {
    INFO(row.text);
    const auto value = evaluate(row.text, lookup);
    REQUIRE(value.ok());
    CHECK(*value == Approx(row.value).epsilon(1e-14));
  }
}

TEST_CASE("division by zero is left to the caller to see") {
  CHECK(std::isinf(*evaluate("1 / zero", lookup)));
  CHECK(std::isnan(*evaluate("zero / zero", lookup)));
}

TEST_CASE("bad formulas fail with code and place") {
  struct Row {
    const char* text;
    const char* code;
    const char* message;
  };
  const Row rows[] = {{"", "formula-syntax", "expected a value at 0"},
                      {"1 +", "formula-syntax", "expected a value"},
                      {"1 2", "formula-syntax", "unexpected text at 2"},
                      {"(1", "formula-syntax", "expected ')'"},
                      {"1)", "formula-syntax", "unexpected text"},
                      {"0x10", "formula-syntax", "unexpected text"},
                      {"1e999", "formula-syntax", "bad number"},
                      {"ceil(1, 2)", "formula-syntax", "expected ')'"},
                      {"min()", "formula-syntax", "expected a value"},
                      {"sinh(1)", "formula-syntax", "unknown function sinh"},
                      {"sinh(1) ^ c", "formula-syntax", "unknown function sinh"},
                      {"a $ b_1", "formula-syntax", "unexpected text"},
                      {"nan", "formula-unknown-name", "no value for nan"},
                      {"a + c", "formula-unknown-name", "no value for c"}};
  for (const Row& row : rows) {
    INFO(row.text);
    const auto value = evaluate(row.text, lookup);
    REQUIRE_FALSE(value.ok());
    CHECK(value.errors().front().code == row.code);
    CHECK_THAT(value.errors().front().message, test::contains(row.message));
  }
}

TEST_CASE("a formula nested too deep fails instead of running out of stack") {
  for (const char* opening : {"(", "-", "ceil(", "2^", "min(1,", "2*("}) {
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += opening;
    const auto value = evaluate(text, lookup);
    REQUIRE_FALSE(value.ok());
    CHECK(value.errors().front().code == "formula-syntax");
    CHECK_THAT(value.errors().front().message, test::contains("nested deeper"));
    CHECK(value.errors().front().message.size() < 400);
  }
}

TEST_CASE("forty levels are fine") {
  const std::string text = std::string(40, '(') + "a" + std::string(40, ')');
  CHECK(*evaluate(text, lookup) == 2.0);
}

}  // namespace
}  // namespace gpusize
