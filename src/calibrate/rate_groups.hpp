#pragma once
// The parameters of kernel rates that timed kernels determine, in groups that are fitted together.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calibrate/least_squares.hpp"
#include "gpusize/calibrate/fit_rates.hpp"
#include "gpusize/core/work.hpp"

namespace gpusize::calibrate {

/// One parameter of a group. Values are in `unit`.
struct RateParameter {
  std::string_view name;  ///< as in the rates file
  std::string_view unit;
  double low;
  double high;
  double scale;  ///< a change that matters
  double (*get)(const KernelRates& rates, Dtype format);
  void (*set)(KernelRates& rates, Dtype format, double value);
};

struct RateGroup {
  std::string_view name;  ///< section of the rates file
  bool (*takes)(const KernelWork& work);
  std::span<const RateParameter> shared;
  std::span<const RateParameter> of_format;  ///< once for each number format that has rows
};

/// In the order of fitting: later groups rest on earlier ones.
std::span<const RateGroup> rate_groups();

}  // namespace gpusize::calibrate
