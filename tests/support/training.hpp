#pragma once
// Training frameworks of the shipped data by name.

#include <string_view>
#include <vector>

#include "gpusize/catalog/framework.hpp"

namespace gpusize::test {

inline const FrameworkProfile& framework(std::string_view name) {
  static const std::vector<FrameworkProfile> kProfiles = shipped_frameworks().value();
  return *find_framework(kProfiles, name).value();
}

}  // namespace gpusize::test
