#pragma once
// Memory of an assessed replica with the reasons of its numbers.

#include "gpusize/gate/assess.hpp"

namespace gpusize {

/// Fills everything below `replica` (which is set): memory, the largest request, what fits.
void fill_memory(ReplicaMemory& memory, const DeployedWorkload& said);

/// `file:line:column` of a stated value, as the place of a derivation's input.
std::string where_of(const DeployedWorkload& said, Place place);

}  // namespace gpusize
