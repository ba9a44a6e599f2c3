#pragma once
// From files of measurements to catalog overlays: what `gpusize calibrate` does.

#include <optional>
#include <string>
#include <vector>

#include "gpusize/calibrate/fit_engine.hpp"
#include "gpusize/calibrate/fit_rates.hpp"

namespace gpusize {

struct CalibrationRequest {
  std::vector<std::string> files;
  MeasuredDeployment deployment;
  std::string date;  ///< ISO; empty: the newest that the files state
  bool leave_out_impossible = false;
};

struct Calibration {
  std::string gpu;
  std::string date;
  std::optional<RateFit> rates;
  std::optional<EngineFit> engine;
  std::size_t impossible = 0;  ///< rows left out because they beat the hardware
  std::vector<Unused> not_assessed;
  std::string rates_file;   ///< text of the overlay; empty: nothing fitted
  std::string engine_file;  ///< the same of the engine profile
};

/// Reads and fits. Kernel rates come first, so that an engine's times rest on them. Faults: what
/// the readers say, `cal-physics`, `cal-other-gpu`, `cal-deployment`, `cal-date`, `cal-nothing`.
Result<Calibration> calibrate_files(const Catalog& catalog, const CalibrationRequest& request);

}  // namespace gpusize
