#include "report/xlsx_formula.hpp"

#include <string>

#include "report/xlsx_book.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

std::string made(const std::string& text) {
  const auto formula =
      spreadsheet_formula(text, [](std::string_view name) -> std::optional<std::string> {
        if (name == "unknown") return {};
        return "<" + std::string(name) + ">";
      });
  return formula.value_or("none");
}

TEST_CASE("names become cells, signs and numbers stay") {
  CHECK(made("qps * (1 + growth) ^ (year - 1)") == "<qps>*(1+<growth>)^(<year>-1)");
  CHECK(made("0.000000000001 + 1e-6") == "0.000000000001+1e-6");
}

TEST_CASE("functions round alike in every spreadsheet, nested ones too") {
  CHECK(made("max(1, ceil(a / b))") == "MAX(1,(-INT(-(<a>/<b>))))");
  CHECK(made("floor(ceil(a) + 1)") == "INT((-INT(-(<a>)))+1)");
  CHECK(made("log(a) + sqrt(min(a, b))") == "LN(<a>)+SQRT(MIN(<a>,<b>))");
}

TEST_CASE("a name that the workbook does not have gives no formula") {
  CHECK(made("a + unknown") == "none");
  CHECK(made("no_such_function(a)") == "none");
}

TEST_CASE("cells are named as spreadsheets name them") {
  CHECK(cell_name(0, 0) == "A1");
  CHECK(cell_name(9, 25) == "Z10");
  CHECK(cell_name(0, 26) == "AA1");
  CHECK(cell_name(4, 701, true) == "$ZZ$5");
}

}  // namespace
}  // namespace gpusize
