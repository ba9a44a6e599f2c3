#pragma once
// Many derivations as text, with what they share written once.

#include <string>
#include <utility>
#include <vector>

#include "gpusize/core/derivation.hpp"

namespace gpusize {

/// The derivations of named numbers, in their order, to full depth. A part of several lines that
/// occurs again is written where it stands first and `as in NAME` elsewhere; a part that is no
/// number of its own gets the name `shared/1`, `shared/2`, ... and follows the numbers.
std::vector<std::pair<std::string, std::string>> render_shared(
    const std::vector<std::pair<std::string, Why>>& numbers);

}  // namespace gpusize
