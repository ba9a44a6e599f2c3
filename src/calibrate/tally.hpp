#pragma once
// Counts by name as a list.

#include <map>
#include <string>
#include <vector>

#include "gpusize/calibrate/validate.hpp"

namespace gpusize::calibrate {

/// Most frequent first, equal ones by name.
std::vector<Tally> tallied(const std::map<std::string, std::size_t>& counts);

}  // namespace gpusize::calibrate
