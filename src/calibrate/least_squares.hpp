#pragma once
// Robust non-linear least squares in a box: Levenberg-Marquardt steps on Huber-weighted residuals.
// Deterministic: no random start, the same rows in the same order give the same digits.

#include <functional>
#include <vector>

namespace gpusize::calibrate {

/// One parameter. `scale` is a change that matters: steps and the prior are measured in it.
struct BoxedParameter {
  double start = 0.0;
  double low = 0.0;
  double high = 1.0;
  double scale = 1.0;
};

/// Residuals of all rows at a point, in the order of the rows.
using Residuals = std::function<std::vector<double>(const std::vector<double>& point)>;

struct RobustOptions {
  double sigma = 0.05;       ///< residual that is usual: the weights' unit
  double huber = 1.5;        ///< residuals beyond this many sigma count linearly
  double prior_width = 5.0;  ///< scales by which a parameter may leave its start at a cost of one
  int iterations = 60;
};

struct RobustFit {
  std::vector<double> point;
  /// How much rows speak about each parameter: curvature of the rows over that of the prior. Below
  /// 1 the start was kept rather than fitted.
  std::vector<double> weight_of_rows;
  double objective = 0.0;
};

RobustFit robust_least_squares(const std::vector<BoxedParameter>& parameters,
                               const Residuals& residuals, const RobustOptions& options = {});

}  // namespace gpusize::calibrate
