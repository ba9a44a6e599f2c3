#include "calibrate/least_squares.hpp"

#include <cmath>

#include "support/catch.hpp"

using namespace gpusize::calibrate;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// Residuals of y = a + b x at the points of a line with slope 2 through 1, one of them wild.
Residuals line(double wild) {
  return [wild](const std::vector<double>& p) {
    std::vector<double> out;
    for (int x = 0; x < 20; ++x) {
      const double measured = 1.0 + 2.0 * x + (x == 7 ? wild : 0.0);
      out.push_back(p[0] + p[1] * x - measured);
    }
    return out;
  };
}

const std::vector<BoxedParameter> kLine{{0.0, -10.0, 10.0, 1.0}, {0.0, -10.0, 10.0, 1.0}};

}  // namespace

TEST_CASE("least squares find the line, and a wild point moves it little") {
  const auto clean = robust_least_squares(kLine, line(0.0));
  CHECK_THAT(clean.point[0], WithinAbs(1.0, 1e-3));
  CHECK_THAT(clean.point[1], WithinAbs(2.0, 1e-3));
  const auto robust = robust_least_squares(kLine, line(1000.0));
  CHECK_THAT(robust.point[1], WithinAbs(2.0, 0.02));  // plain least squares: 1.6 off in the offset
}

TEST_CASE("least squares stay in the box and hold what rows say nothing about") {
  std::vector<BoxedParameter> boxes = kLine;
  boxes[1].high = 1.5;
  boxes.push_back({3.0, 0.0, 9.0, 1.0});  // in no residual
  const auto fit = robust_least_squares(boxes, line(0.0));
  CHECK(fit.point[1] == 1.5);
  CHECK_THAT(fit.point[2], WithinRel(3.0, 1e-9));
  CHECK(fit.weight_of_rows[0] > 1.0);
  CHECK(fit.weight_of_rows[2] < 1.0);
}

TEST_CASE("least squares give the same digits every time") {
  CHECK(robust_least_squares(kLine, line(3.0)).point ==
        robust_least_squares(kLine, line(3.0)).point);
}
