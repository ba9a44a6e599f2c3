// MACRS against IRS Publication 946, Appendix A, tables, and against the rule behind
// them: twice the straight-line rate on what is left, straight line once that gives more.
#include "gpusize/tco/depreciation.hpp"

#include <cmath>
#include <numeric>

#include "support/catch.hpp"

namespace gpusize {
namespace {

/// 200 % declining balance with a first year of `first` years, switching to straight line.
std::vector<double> by_rule(int life, double first) {
  std::vector<double> out;
  double left = 1.0;
  double elapsed = 0.0;
  while (left > 1e-9) {
    const double part = out.empty() ? first : 1.0;
    const double declining = left * 2.0 / life;
    const double straight = left / (life - elapsed);
    const double share = std::min(left, std::max(declining, straight) * part);
    out.push_back(share);
    left -= share;
    elapsed += part;
    if (elapsed >= life) break;
    if (life - elapsed < 1.0 && left > 1e-9) {  // the rest falls into the last, partial year
      out.push_back(left);
      break;
    }
  }
  return out;
}

void check_table(std::span<const double> table, const std::vector<double>& rule) {
  REQUIRE(table.size() == rule.size());
  CHECK(std::accumulate(table.begin(), table.end(), 0.0) == Approx(1.0).epsilon(1e-9));
  for (std::size_t i = 0; i < table.size(); ++i)
    CHECK(table[i] == Approx(rule[i]).margin(1.01e-4));  // tables print hundredths of a percent
}

TEST_CASE("MACRS half-year tables", "[depreciation]") {
  const auto five = macrs_half_year(MacrsClass::k5Year);
  const std::vector<double> printed{0.20, 0.32, 0.192, 0.1152, 0.1152, 0.0576};  // table A-1
  CHECK(std::vector<double>(five.begin(), five.end()) == printed);
  check_table(macrs_half_year(MacrsClass::k3Year), by_rule(3, 0.5));
  check_table(five, by_rule(5, 0.5));
  check_table(macrs_half_year(MacrsClass::k7Year), by_rule(7, 0.5));
}

TEST_CASE("MACRS mid-quarter tables of five-year property", "[depreciation]") {
  for (int quarter = 1; quarter <= 4; ++quarter)
    check_table(macrs_mid_quarter_5(quarter), by_rule(5, (4.5 - quarter) / 4.0));
}

TEST_CASE("straight line", "[depreciation]") {
  CHECK(straight_line(4.0) == std::vector<double>{0.25, 0.25, 0.25, 0.25});
  const auto parts = straight_line(2.5, 0.5);
  REQUIRE(parts.size() == 3);
  CHECK(parts[0] == Approx(0.2));
  CHECK(parts[2] == Approx(0.1));
}

TEST_CASE("recovery classes", "[depreciation]") {
  CHECK(macrs_class(5) == MacrsClass::k5Year);
  CHECK_FALSE(macrs_class(4).has_value());
}

}  // namespace
}  // namespace gpusize
